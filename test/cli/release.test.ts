// A film that is out stays as it is: an edit of a library it shares is told with what it would cost, and made only on
// somebody's word. And a shot under a new name keeps its clip.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderWith, ltx, put, storeOf } from './kit.ts'

const bible = (coat: string): string => `ltx 1\ncast mara "a woman in a ${coat} coat"\n`
const film = (name: string): string => `ltx 1
use "./bible.ltx" as bible
project "Out" { size 160x90  fps 24  seed 3  on paper }
provider paper animatic
scene quay "a quay at dawn" {
  shot ${name} 12f { "{bible.mara} walks along the quay" }
}
`
const lockIn = (folder: string): string => readFileSync(join(folder, 'film.ltx.lock'), 'utf8')

describe('a released film', () => {
  it('is made again only on somebody’s word', async () => {
    const folder = folderWith({ 'film.ltx': film('walk'), 'bible.ltx': bible('blue') })
    const first = await ltx(folder, ['render', 'film.ltx'])
    expect(first.code, first.err).toBe(0)
    expect((await ltx(folder, ['release', 'film.ltx'])).out).toContain('released')
    expect(lockIn(folder)).toMatch(/^ltx-lock 1\n\nreleased\n/)
    const [store, lock] = [storeOf(folder), lockIn(folder)]
    put(folder, { 'bible.ltx': bible('red') })
    expect((await ltx(folder, ['plan', 'film.ltx'])).out).toContain('stale: quay/walk')
    const left = await ltx(folder, ['render', 'film.ltx'])
    expect(left.code).toBe(0)
    expect(left.out).toContain('stays as it is')
    expect([storeOf(folder), lockIn(folder)]).toEqual([store, lock])
    const refreshed = await ltx(folder, ['render', 'film.ltx', '--refresh'])
    expect(refreshed.out).toContain('1 made, 0 kept')
    expect((await ltx(folder, ['release', 'film.ltx', '--undo'])).code).toBe(0)
    expect(lockIn(folder)).not.toContain('released')
  })
})

describe('a renamed shot', () => {
  it('is offered as an edit of the lock, keeps its seed, and the old name’s clips', async () => {
    const folder = folderWith({ 'film.ltx': film('walk'), 'bible.ltx': bible('blue') })
    expect((await ltx(folder, ['render', 'film.ltx'])).code).toBe(0)
    const seed = /seed (\d+)/.exec(lockIn(folder))?.[1]
    put(folder, { 'film.ltx': film('stroll') })
    expect((await ltx(folder, ['plan', 'film.ltx'])).out).toContain('ltx rename film.ltx quay/walk quay/stroll')
    expect((await ltx(folder, ['rename', 'film.ltx', 'quay/walk', 'quay/stroll'])).code).toBe(0)
    expect((await ltx(folder, ['render', 'film.ltx'])).code).toBe(0)
    expect(lockIn(folder)).toContain('moved quay/walk -> quay/stroll')
    expect(lockIn(folder)).toContain('job quay/stroll@1')
    expect(/seed (\d+)/.exec(lockIn(folder))?.[1]).toBe(seed)
  })
})
