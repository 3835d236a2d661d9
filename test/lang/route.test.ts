// `route`: what it says, which routes hold for a shot, and what can never hold. Where shots then go is planned: route-plan.test.ts.
import { describe, expect, it } from 'vitest'
import type { Shot } from '../../src/lang/program.ts'
import { compile, program } from './film.ts'

const top = 'provider host hosted-ltx\nprovider gpu local\nprovider spare local'
const film = (project: string, body: string): string => `ltx 1\nproject "Film" { size 640x360 fps 24 ${project} }\n${top}\n${body}\n`
const one = 'shot one 6s { "a gull takes off" }'
const shotOf = (source: string, path = 'one'): Shot => {
  const found = program(source).items.find((item) => item.path === path)
  return found?.kind === 'shot' ? found : expect.fail(`no shot ${path}`)
}
const routesOf = (source: string, path = 'one') => (shotOf(source, path).routes ?? []).map(({ provider, words }) => `${provider}: ${words}`)
const told = (project: string, body = one) => compile(film(project, body)).told

describe('a route', () => {
  it('holds all its conditions, in any order', () => {
    const [read] =
      shotOf(film('\nroute gpu fast draft sound-led under 20s over 10s retake extend image-to-video moves\n', one)).routes ?? []
    expect(read).toMatchObject({
      provider: 'gpu',
      start: 'image-to-video',
      steps: ['extend', 'retake'],
      over: 240,
      under: 480,
      soundLed: true,
      rung: 'draft',
      quality: 'fast',
      moves: true,
      words: 'image-to-video, extend, retake, over 10s, under 20s, sound-led, draft, fast',
    })
  })

  it('says nothing of what is not written', () => {
    const [read] = shotOf(film('\nroute gpu picture-led final\n', one)).routes ?? []
    const { span, ...rest } = read ?? expect.fail('no route')
    expect(rest).toEqual({ provider: 'gpu', steps: [], soundLed: false, rung: 'final', moves: false, words: 'picture-led, final' })
    expect(span.path).toBe('film.ltx')
  })

  it('may name its provider and lengths by values', () => {
    const source = film('', `let long 10s\ntemplate far(where: text) { route where over long }\nscene s { far(where: "gpu")  ${one} }`)
    expect(routesOf(source, 's/one')).toEqual(['gpu: over 10s'])
  })

  it('may be taken by a branch', () => {
    const source = (busy: boolean) => film('', `scene s { if ${busy} { route gpu extend } else { route spare extend }\n${one} }`)
    expect([routesOf(source(true), 's/one'), routesOf(source(false), 's/one')]).toEqual([['gpu: extend'], ['spare: extend']])
  })
})

describe('who is asked first', () => {
  const all = '\non host\nroute gpu extend\nroute spare over 10s\n'

  it('the routes of the project, in order', () => {
    expect(routesOf(film(all, one))).toEqual(['gpu: extend', 'spare: over 10s'])
    expect(shotOf(film(all, one)).provider).toBe('host')
  })

  it('those of the scene before those of the project', () => {
    expect(routesOf(film(all, `scene s { route spare retake\n${one} }`), 's/one')).toEqual([
      'spare: retake',
      'gpu: extend',
      'spare: over 10s',
    ])
  })

  it('the `on` of a scene before the routes of the project, and after its own', () => {
    const source = film(all, `scene s { on spare\nroute gpu retake\n${one} }`)
    expect(routesOf(source, 's/one')).toEqual(['gpu: retake'])
    expect(shotOf(source, 's/one').provider).toBe('spare')
  })

  it('the `on` of a shot before them all, as a clause and in its block', () => {
    const clause = shotOf(film(all, 'shot one 6s on host { "a gull takes off" }'))
    const inside = shotOf(film(all, 'shot one 6s { "a gull takes off"  on host }'))
    for (const shot of [clause, inside]) {
      expect(shot).not.toHaveProperty('routes')
      expect(shot.provider).toBe('host')
    }
  })
})

describe('is refused', () => {
  it('to a provider that nobody declared, with the one that was meant', () => {
    const { diagnostics } = compile(film('\nroute gpa extend\n', one))
    expect(diagnostics.map(({ code, message, hint }) => [code, message, hint])).toEqual([
      ['name.unknown', 'there is no provider named `gpa`', 'did you mean `gpu`?'],
    ])
  })

  it('without a condition', () => {
    expect(told('\nroute gpu\n')).toEqual([expect.stringMatching(/^route\.always "route gpu"/)])
    expect(told('\nroute gpu moves\n')).toEqual([expect.stringMatching(/^route\.always/)])
  })

  it.each([
    'text-to-video image-to-video',
    'sound-led picture-led',
    'draft final',
    'fast pro',
    'draft pro',
    'audio-to-video picture-led',
    'over 10s under 10s',
    'over 10s under 241f',
  ])('where it can never hold: %s', (words) => {
    expect(told(`\nroute gpu ${words}\n`)).toEqual([expect.stringMatching(/^route\.never .*can never hold/)])
  })

  it('where it moves no step', () => {
    expect(told('\nroute gpu over 8s moves\n')).toEqual([expect.stringMatching(/^route\.moves-nothing/)])
  })

  it('twice the same condition, one that there is not, and a place where it means nothing', () => {
    expect(told('\nroute gpu draft draft\n')).toEqual([expect.stringMatching(/^statement\.clause-repeated/)])
    expect(told('\nroute gpu extended\n')).toEqual([expect.stringMatching(/^statement\.unknown-clause/)])
    expect(told('', 'shot one 6s { "a gull takes off"  route gpu draft }')).toEqual([expect.stringMatching(/^statement\.misplaced/)])
  })
})

describe('a warning', () => {
  it('for a route that an earlier one hides', () => {
    expect(told('\nroute gpu over 4s\nroute spare over 6s extend\n')).toEqual([expect.stringMatching(/^route\.hidden "route spare/)])
  })

  it('not for one that takes more, or something else', () => {
    expect(
      told('\nroute gpu over 6s extend\nroute spare over 4s\nroute gpu under 4s\nroute spare extend moves\nroute gpu retake moves\n'),
    ).toEqual([])
  })
})
