// What a provider's block says of servers and of programs: read as written, refused where it makes no sense.
import { describe, expect, it } from 'vitest'
import { atServer, promising } from '../../src/lang/catalogue.ts'
import { capabilities, compile, film, program } from './film.ts'

const known = new Map([
  ['animatic', capabilities('animatic')],
  ['command', capabilities('command')],
  ['videos', { ...capabilities('videos'), servers: new Map([['one', capabilities('videos', { seed: false })]]) }],
])
const settingsOf = (body: string) => program(film(`${body}\ncard end 1s "the end"`), { catalogue: known }).providers[0]?.settings
const toldOf = (body: string) => compile(film(`${body}\ncard end 1s "the end"`), { catalogue: known }).told

describe('a provider’s block', () => {
  it('names a program and its arguments, the variables it is given, and its time', () => {
    expect(settingsOf('provider p command { run "tools/make clip" "--fast" "$HOME" pass "A" "B_C" timeout 20m }')).toEqual({
      run: ['tools/make clip', '--fast', '$HOME'],
      pass: ['A', 'B_C'],
      timeout: 1200,
    })
    expect(settingsOf('let all ["a", "b"]\nprovider p command { run "x" all }')).toEqual({ run: ['x', 'a', 'b'] })
  })
  it('says how well a program makes a clip again, where nobody else can know it', () => {
    const mine = new Map([...known, ['command', { ...capabilities('command'), asTold: true as const }]])
    const told = (body: string) => compile(film(`${body}\ncard end 1s "the end"`), { catalogue: mine }).told
    expect(told('provider p command { reproducible exact }')).toEqual([])
    const { providers } = program(film('provider p command { reproducible same-host }\ncard end 1s "the end"'), { catalogue: mine })
    expect(providers[0]?.settings).toEqual({ reproducible: 'same-host' })
    expect(told('provider p command { reproducible keep-bytes }')).toHaveLength(1)
    expect(told('provider p videos { reproducible exact }')).toEqual([expect.stringMatching(/^value\.out-of-range .*left out/)])
    const own = { ...capabilities('command'), reproducibility: 'keep-bytes', asTold: true } as const
    expect([promising(own, 'exact'), promising(own, undefined), promising(capabilities('fal'), 'exact')]).toMatchObject([
      { reproducibility: 'exact' },
      { reproducibility: 'keep-bytes' },
      { reproducibility: capabilities('fal').reproducibility },
    ])
  })
  it('says what an own machine costs, in millionths of a dollar', () => {
    expect(settingsOf('provider p command { rent $1.90  monthly $300 }')).toEqual({ rent: 1_900_000, monthly: 300_000_000 })
    expect(toldOf('provider p command { rent 2 }')).toEqual([expect.stringMatching(/^type\.wrong/)])
  })
  it('says nothing of what is not written', () => {
    expect(settingsOf('provider p command')).toEqual({})
  })
  it('names a server that its kind knows', () => {
    expect(settingsOf('provider p videos { server "one" }')).toEqual({ server: 'one' })
    expect(toldOf('provider p videos { server "two" }')).toEqual([expect.stringMatching(/^value\.out-of-range ".two.".*one of one/)])
    expect(toldOf('provider p command { server "one" }')).toEqual([expect.stringMatching(/^value\.out-of-range .*this kind has none/)])
  })
  it('names what a kind cannot do without', () => {
    const strict = new Map([...known, ['command', { ...capabilities('command'), needs: new Map([['run', 'run "PROGRAM"']]) }]])
    const told = (body: string) => compile(film(`${body}\ncard end 1s "the end"`), { catalogue: strict }).told
    expect(told('provider p command { timeout 2m }')).toEqual([expect.stringMatching(/^statement\.missing .*needs `run "PROGRAM"`$/)])
    expect(told('provider p command { run "x" }')).toEqual([])
  })
  it('says of an own machine which devices it has and how its model is run', () => {
    expect(settingsOf('provider p command { device "cuda:0" }')).toEqual({ device: 'cuda:0' })
    const all = `device "cuda:0" "cuda:1" upsampler "u" refiner "r" sampling guided steps 24 guidance 3.5 offload phases dtype float32 python "/p"`
    expect(settingsOf(`provider p command { ${all} }`)).toEqual({
      device: ['cuda:0', 'cuda:1'],
      upsampler: 'u',
      refiner: 'r',
      sampling: 'guided',
      steps: 24,
      guidance: 3.5,
      offload: 'phases',
      dtype: 'float32',
      python: '/p',
    })
    expect(toldOf('provider p command { guidance 21 }')).toEqual([expect.stringMatching(/^value\.out-of-range .*1 to 20/)])
    expect(toldOf('provider p command { sampling quick }')).toHaveLength(1)
  })
  it('refuses lengths and texts that are none', () => {
    expect(toldOf('provider p command { timeout "long" }')).toEqual([expect.stringMatching(/^type\.wrong/)])
    expect(toldOf('provider p command { run 7 }')).toEqual([expect.stringMatching(/^type\.wrong|^statement/)])
  })
})

it('a server’s own abilities stand in for the usual ones', () => {
  const videos = known.get('videos') ?? capabilities('none')
  expect([atServer(videos, 'one').seed, atServer(videos, undefined).seed, atServer(videos, 'two').seed]).toEqual([false, true, true])
})
