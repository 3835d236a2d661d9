// What a whole run does when a host goes wrong, the same for every host: refused content in eight shapes, a purse that is
// empty in the middle, clips that are others, answers that are cut. The host's ledger, the store and the report are looked at.
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Fault } from '../hosts/fault.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf, boughtTwice } from '../hosts/ledger.ts'
import type { HostSide, Open } from './host-side.ts'
import { moderation, type Saying, type ShapeName, shapeNames, shapes } from './moderation.ts'
import type { Ran, SuiteFilm, Wanted } from './suite-film.ts'
import { openFilm } from './suite-film.ts'
import { canary } from './suite-world.ts'

const operations = (open: Open): ReadonlySet<string> => new Set(open.provider.capabilities.offers.map(({ operation }) => operation))

/** What the host took, made and was asked since a film began. */
function openBooks(host: TestHost, side: HostSide) {
  const [entries, calls] = [host.ledger().length, host.calls().length]
  const since = () => host.ledger().slice(entries)
  return {
    accepted: () => acceptedOf(since()),
    finished: () => since().flatMap((entry) => (entry.kind === 'finished' ? [entry.sha256] : [])),
    twice: () => boughtTwice(since()),
    submits: () =>
      host
        .calls()
        .slice(calls)
        .filter(({ route }) => route === side.routes.submit).length,
  }
}

export function filmsConform(name: string, side: HostSide, opened: () => Open): void {
  const hostOf = (): TestHost => {
    const { host } = opened()
    if (host === undefined) throw new Error('no host')
    return host
  }
  const begin = async (wanted: Wanted): Promise<SuiteFilm> => {
    const { suite, provider } = opened()
    return openFilm(suite, provider, side.settings(hostOf()), wanted)
  }
  const isFree = (film: SuiteFilm): boolean => film.plan.jobs.every(({ price }) => price === 0)
  afterEach(() => hostOf().tell({ do: 'clear-faults' }))

  describe('content that is refused in the middle of a film', () => {
    const table = moderation[name]
    type Row = { readonly shape: ShapeName; readonly words: string; readonly saying?: Saying }
    const sayings = shapeNames.flatMap((shape): readonly Row[] => {
      const told = table?.[shape] ?? []
      if (typeof told === 'string') return [{ shape, words: `(none: ${told})` }]
      return told.map((saying) => ({ shape, words: saying.said, saying }))
    })
    test('is told of in all eight shapes, or it is said why not', () =>
      expect(Object.keys(table ?? {}).sort()).toEqual([...shapeNames].sort()))
    for (const { shape, words, saying } of sayings) {
      test.skipIf(saying === undefined)(`${shapes[shape]}: ${words}`, async () => {
        if (saying === undefined) return
        const pictures = shape === 'input'
        expect(operations(opened()).has('image-to-video') || !pictures).toBe(true)
        const film = await begin({ shots: 3, pictures })
        const books = openBooks(hostOf(), side)
        await hostOf().fault(saying.fault)
        const ran = await film.run()
        expectRefused(ran, saying)
        // The others are made and stored, and no other clip is.
        expect(ran.outcome.made).toHaveLength(2)
        const stored = film.stored()
        expect(stored).toHaveLength(2)
        for (const hash of stored) expect(books.finished()).toContain(hash)
        // Nothing was tried again.
        expect(books.submits()).toBe(3)
        expect(ran.events.filter(({ type }) => type === 'job.retrying')).toEqual([])
        if (!['flagged', 'empty', 'withheld'].includes(shape) || side.sync === true) return
        // It may have been paid for: the next run asks for it once more, and buys nothing.
        const again = await film.run()
        expect(books.submits()).toBe(3)
        expect(again.outcome.failures.map(({ failure }) => failure.kind)).toEqual(saying.fault.kind === 'picture' ? [] : ['moderation'])
      })
    }
    function expectRefused({ outcome, exit, said }: Ran, { said: words, billed, fault }: Saying): void {
      expect(outcome.failures).toHaveLength(1)
      const failure = outcome.failures[0]?.failure
      expect(failure).toMatchObject({ kind: 'moderation', retry: false, billed })
      expect(failure?.message).toContain(words)
      expect(exit).toBe(7)
      if (fault.kind !== 'picture') expect(failure?.requestId ?? '').not.toBe('')
      if (fault.kind === 'status') expect(failure?.requestId).toBe('req-41d7')
      // On the screen: whose fault, the words, the id, the line of the script, what to do.
      const lines = said.split('\n')
      const at = lines.findIndex((line) => line.startsWith('  ✗ s'))
      const shown = lines.slice(at, at + 12).join('\n')
      expect(shown).toContain('the words: ')
      expect(shown).toContain(words)
      if (failure?.requestId !== undefined) expect(shown).toContain(`request ${failure.requestId}`)
      expect(shown).toMatch(/shot s\d 6s/)
      expect(shown).toMatch(/→ .*other words/)
    }
  })

  test.each(
    (['funds', 'auth'] as const).flatMap((kind) => (side.refusals[kind] === undefined ? [] : [[kind, side.refusals[kind]] as const])),
  )(
    'after the first refusal for %s nothing more is bought, what is at the host is fetched, and a later run goes on',
    async (kind, refusal) => {
      const film = await begin({ shots: 8 })
      const books = openBooks(hostOf(), side)
      const sentBefore = opened().suite.sent.length
      await hostOf().fault({ route: side.routes.submit, kind: 'status', after: 2, times: 99, ...refusal })
      const ran = await film.run({ concurrency: 4 })
      expect(books.accepted()).toHaveLength(2)
      expect([...film.stored()].sort()).toEqual([...books.finished()].sort())
      expect(film.stored()).toHaveLength(2)
      // What is under way then may be refused too. One may leave while the first refusal is being read, none later.
      const paid = opened()
        .suite.sent.slice(sentBefore)
        .filter((one) => one.paid && one.left !== undefined)
      const first = Math.min(
        ...paid.map(({ status, answered = Number.POSITIVE_INFINITY }) => (status === refusal.status ? answered : Number.POSITIVE_INFINITY)),
      )
      expect(first).toBeLessThan(Number.POSITIVE_INFINITY)
      expect(paid.filter(({ left = 0 }) => left > first).length).toBeLessThanOrEqual(1)
      expect(books.submits()).toBe(paid.length)
      expect(ran.exit).toBe(5)
      for (const { failure } of ran.outcome.failures) expect(failure).toMatchObject({ kind, billed: 'no' })
      expect(ran.outcome.failures.length + ran.outcome.blocked.length).toBe(6)
      await hostOf().tell({ do: 'clear-faults' })
      const after = await film.run()
      expect(after.outcome).toMatchObject({ reason: 'finished', kept: 2 })
      expect(books.accepted()).toHaveLength(8)
      expect(books.twice()).toEqual([])
    },
  )

  test('clips of another length, size or rate, or cut at their source, are told, kept aside, and bought once', async () => {
    const film = await begin({ shots: 5 })
    const books = openBooks(hostOf(), side)
    const wrong = [{ frames: 41 }, { width: 640, height: 384 }, { rate: 12 }, { part: 0.7 }]
    for (const clip of wrong) await hostOf().fault({ route: side.routes.submit, kind: 'clip', clip })
    const ran = await film.run()
    // A clip that comes cut with the answer itself may be the answer that was cut.
    const kinds = ran.outcome.failures.map(({ failure, uncertain }) => (uncertain ? 'uncertain' : failure.kind)).sort()
    expect(kinds).toEqual(
      side.sync === true ? ['mismatch', 'mismatch', 'mismatch', 'uncertain'] : ['mismatch', 'mismatch', 'mismatch', 'mismatch'],
    )
    expect(film.stored()).toHaveLength(1)
    expect(books.accepted()).toHaveLength(5)
    expect(film.holding('ftyp').filter((path) => path.includes('/aside/'))).toHaveLength(side.sync === true ? 3 : 4)
    if (isFree(film)) return
    expect((await film.run()).outcome.failures).toHaveLength(4)
    expect(books.accepted()).toHaveLength(5)
  })

  test('answers to submits that are cut are settled by what the host can tell; what it cannot tell is a person’s', async () => {
    const film = await begin({ shots: 3 })
    const books = openBooks(hostOf(), side)
    const cuts: readonly Fault[] = (['length', 'chunked', 'close'] as const).map((framing) => ({
      route: side.routes.submit,
      kind: 'cut',
      framing,
      at: 0.6,
    }))
    for (const cut of cuts) await hostOf().fault(cut)
    const ran = await film.run()
    const { submit } = opened().provider.capabilities
    if (submit === 'blind' && !isFree(film)) {
      expect(ran.exit).toBe(6)
      expect(ran.outcome.failures.map(({ uncertain }) => uncertain)).toEqual([true, true, true])
      expect([books.submits(), film.stored()]).toEqual([3, []])
      const again = await film.run()
      expect([again.exit, books.submits()]).toEqual([6, 3])
      return
    }
    expect(ran.outcome.failures).toEqual([])
    expect(film.stored()).toHaveLength(3)
    // What is free may be made twice where the host cannot be asked.
    if (!isFree(film) || opened().provider.capabilities.submit !== 'blind') {
      expect(books.twice()).toEqual([])
      expect(books.submits()).toBe(3)
    }
  })

  test('a host that repeats the key in all it says leaves it nowhere', async () => {
    const { suite, provider } = opened()
    const settings = { ...side.options?.settings, plant: true }
    const host = await startHost(side.protocol, { ...side.options, key: canary, settings })
    try {
      const film = await openFilm(suite, provider, side.settings(host), { shots: 5 })
      const { submit } = side.routes
      const echo = `your key ${canary} is known`
      await host.fault({
        route: submit,
        kind: 'status',
        status: 400,
        json: { error: { type: 'x', message: echo }, detail: echo, message: echo },
      })
      if (side.sync !== true) {
        await host.fault({ route: submit, kind: 'job', fate: { kind: 'failed', words: echo } })
        await host.fault({ route: submit, kind: 'job', fate: { kind: 'unknown-word', words: canary } })
        await host.fault({ route: side.routes.fetch, kind: 'html', status: 502, times: 2 })
      }
      const ran = await film.run({ haste: 100 })
      expect(ran.outcome.failures.length).toBeGreaterThan(0)
      expect(ran.outcome.made.length).toBeGreaterThan(0)
      // The whole key, its beginning (what was cut off after a few letters), and its other forms.
      const forms = [
        canary.slice(0, 12),
        Buffer.from(canary).toString('base64').slice(0, 14),
        encodeURIComponent(`${canary}=`).slice(0, 12),
      ]
      const told = [JSON.stringify(ran.outcome), JSON.stringify(ran.events), ran.said].join('\n')
      for (const form of forms) {
        expect(told).not.toContain(form)
        expect(film.holding(form), join(film.root, form)).toEqual([])
      }
      expect(host.ledger().filter(({ kind }) => kind === 'leak')).toEqual([])
    } finally {
      await host.stop()
    }
  })
}
