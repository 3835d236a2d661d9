// More than 150 runners killed by SIGKILL while they buy from test hosts: before and after each kind of journal record, at
// requests, at moments by chance, and again while the next one mends. `npm run torture` does it a thousand times a host.
import { describe, expect, test } from 'vitest'
import { kinds } from './kinds.ts'
import { livesByStep } from './lives.ts'
import { bundleChild } from './runner.ts'
import { openTorture, type Round } from './torture.ts'

const wanted = 150
const child = bundleChild()
const rounds = new Map<string, readonly Round[]>()

describe('killed at any moment: nothing paid is lost, nothing is bought twice, the lock is that of an undisturbed run', () => {
  test.concurrent.for(kinds.map((kind) => ({ title: kind.name, kind })))('$title', { timeout: 900_000 }, async ({ kind }, { expect }) => {
    const desk = await openTorture(kind, child)
    const done: Round[] = []
    try {
      for (const [number, life] of livesByStep(desk.passes, 22, 3 + kinds.indexOf(kind), kind.mends).entries()) {
        const round = await desk.round(number, life)
        expect(round.wrong, JSON.stringify(life)).toEqual([])
        done.push(round)
      }
    } finally {
      await desk.close()
    }
    if (kind.settles !== 'person') expect(done.every(({ uncertain }) => uncertain === 0)).toBe(true)
    rounds.set(kind.name, done)
  })

  test('the points: each side of each record that buying writes, at each host', () => {
    const steps = ['run.started', 'job.intent', 'job.sent', 'job.accepted', 'job.done', 'job.stored', 'run.stopped']
    const sides = steps.flatMap((step) => [`before ${step}`, `after ${step}`])
    let kills = 0
    for (const [name, done] of rounds) {
      const deaths = done.flatMap((round) => round.deaths)
      kills += deaths.length
      const mends = kinds.find((kind) => kind.name === name)?.mends
      const mending = mends === undefined ? [] : [`before ${mends}`, `after ${mends}`]
      for (const side of [...sides, ...mending]) expect(deaths.join(' | '), `${name}: ${side}`).toContain(side)
    }
    expect(rounds.size).toBe(kinds.length)
    expect(kills).toBeGreaterThanOrEqual(wanted)
  })
})
