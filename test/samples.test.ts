// The test book: each folder of samples/ is a small film, and beside it what every stage makes of it. Opening a folder
// is watching the data move. `npm run golden` writes the stages anew; the diff is the review.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Plan } from '../src/lang/plan.ts'
import { makePlan } from '../src/lang/planning/make-plan.ts'
import type { Program } from '../src/lang/program.ts'
import { format } from '../src/lang/syntax/format.ts'
import { findTool } from '../src/media/ffmpeg.ts'
import { survey } from '../src/media/survey.ts'
import { assetsOf, checkFilm, openScript } from '../src/open-script.ts'
import { capabilitiesOf } from '../src/providers/catalogue.ts'
import { renderDiagnostics } from '../src/report/frame.ts'
import { planText } from '../src/report/plan-text.ts'
import { openNodeWorld } from '../src/world.node.ts'

const folder = join(import.meta.dirname, 'samples')
const samples = readdirSync(folder).sort()
const write = process.env.GOLDEN === 'write'

/** JSON without the places in the script, which would change with every comment. */
const withoutSpans = (value: unknown): string =>
  `${JSON.stringify(value, (name, part: unknown) => (name === 'span' ? undefined : part), 2)}\n`

/** One line a job: what it is, its key where it is known, what goes in, and what ffmpeg or the provider is asked. */
function jobsText(plan: Plan): string {
  const lines = plan.jobs.flatMap(({ id, operation, provider, key, inputs, price, request }) => {
    const from = inputs.map((input) => `${input.slot}=${input.kind === 'job' ? input.id : input.path}`).join(' ')
    const { edit, slate, prompt, negative, operation: _operation, provider: _provider, ...asked } = request
    return [
      `${id}  ${operation} on ${provider}${price > 0 ? `  ${price} millionths` : ''}${key === undefined ? '' : `  key ${key.slice(0, 12)}`}`,
      ...(from === '' ? [] : [`  in      ${from}`]),
      ...(prompt === '' ? [] : [`  prompt  ${prompt}`]),
      ...(negative === '' ? [] : [`  avoid   ${negative}`]),
      `  asked   ${JSON.stringify(asked)}`,
      ...(edit === undefined ? [] : [`  edit    ${JSON.stringify(edit)}`]),
      ...(slate === undefined ? [] : [`  slate   ${JSON.stringify(slate)}`]),
    ]
  })
  return `${lines.join('\n')}\n`
}

/** What each stage makes of a sample, by the name of its file. */
async function stagesOf(name: string): Promise<ReadonlyMap<string, string>> {
  const stages = new Map<string, string>()
  const opened = openScript(join(folder, name, 'main.ltx'))
  const entry = opened.loaded.files.get('main.ltx')
  const program = checkFilm(opened, { rung: 'final', sample: true })
  const errors = (): string => renderDiagnostics(opened.reporter.diagnostics(), opened.sources, { colour: false, width: 100 })
  if (entry !== undefined && program !== undefined) stages.set('formatted.ltx.txt', format(entry.ast, entry.source))
  if (program === undefined) return stages.set('errors.txt', errors())
  stages.set('program.json', withoutSpans(program))
  const plan = await planOf(program, opened.root, opened.reporter, 'final')
  if (opened.reporter.diagnostics().length > 0) stages.set('errors.txt', errors())
  stages.set('plan.txt', planText(plan, { colour: false, width: 100, verbose: true }))
  stages.set('jobs.txt', jobsText(plan))
  stages.set('cut.json', withoutSpans(plan.cut))
  return stages
}

async function planOf(program: Program, root: string, reporter: Parameters<typeof makePlan>[1], rung: Plan['rung']): Promise<Plan> {
  const world = openNodeWorld()
  const { facts } = await survey(assetsOf(program), { root, world, tool: await findTool(process.env) })
  const known = capabilitiesOf('test')
  const use = (kind: string) => known.get(kind) ?? expect.fail(`no provider of the kind ${kind}`)
  return makePlan(
    {
      program,
      rung,
      providers: new Map(
        program.providers.map((one) => [
          one.name,
          { name: one.name, capabilities: use(one.kind), ...(one.keyEnv === undefined ? {} : { keyEnv: one.keyEnv }) },
        ]),
      ),
      cut: use('cut'),
      facts,
      remembered: new Map(),
      picks: new Map(),
      findMade: () => undefined,
      sha256: world.sha256,
      hasKey: () => false,
    },
    reporter,
  )
}

describe('samples', () => {
  it('are there', () => expect(samples.length).toBeGreaterThan(8))

  it.each(samples)('%s', async (name) => {
    const stages = await stagesOf(name)
    const known = readdirSync(join(folder, name)).filter((file) => /^main\..+\.(txt|json)$/.test(file))
    expect(stages.size).toBeGreaterThan(0)
    for (const [stage, text] of stages) {
      const path = join(folder, name, `main.${stage}`)
      if (write) writeFileSync(path, text)
      expect(existsSync(path), `${path} is missing: npm run golden`).toBe(true)
      expect(text).toBe(readFileSync(path, 'utf8'))
    }
    const stale = known.filter((file) => !stages.has(file.slice('main.'.length)))
    if (write) for (const file of stale) rmSync(join(folder, name, file))
    else expect(stale).toEqual([])
  })

  it('notice a difference', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'ltx-sample-'))
    try {
      writeFileSync(join(copy, 'main.ltx'), readFileSync(join(folder, samples[0] ?? '', 'main.ltx'), 'utf8').replace(/fps\s+\d+/, 'fps 30'))
      const opened = openScript(join(copy, 'main.ltx'))
      const program = checkFilm(opened, { rung: 'final', sample: true })
      expect(withoutSpans(program)).not.toBe(readFileSync(join(folder, samples[0] ?? '', 'main.program.json'), 'utf8'))
    } finally {
      rmSync(copy, { recursive: true })
    }
  })
})
