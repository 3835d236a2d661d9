// ffmpeg as a provider: files in, a house clip out, free and the same each time. What it can do is data here; the
// work itself is loaded when the first job comes. Nothing is bought, so a job lost to a crash is simply done again.
import type { Capabilities } from '../lang/catalogue.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from './provider.ts'

export const cutCapabilities: Capabilities = {
  kind: 'cut',
  title: 'assembly with ffmpeg',
  version: '1',
  offers: [],
  seed: false,
  negative: false,
  promptLimit: 0,
  reproducibility: 'exact',
  ready: true,
  continues: 'whole',
  needsKey: false,
  concurrency: 2,
  staggerMs: 0,
  submit: 'replay-key',
  // A second of 1080p24 on two cores.
  pace: { perSecond: 1, fixed: 0.3 },
  callable: true,
}

const fileOf = (context: Context, ticket: Ticket): string => `${context.scratch}/${String(ticket.file)}`

function openCut(context: Context): Calls {
  const { files } = context.world
  return {
    async submit(job, sent) {
      await sent()
      return { file: `${job.key}.mp4` }
    },
    async poll(ticket: Ticket, job: Ready, report): Promise<Status> {
      const { doEdit } = await import('../media/do-edit.ts')
      await files.makeFolder(context.scratch)
      await doEdit({
        request: job.request,
        files: job.files,
        output: fileOf(context, ticket),
        scratch: context.scratch,
        signal: context.signal,
        report,
      })
      return { state: 'done', billed: 0 }
    },
    async fetch(ticket, _job, into) {
      const made = fileOf(context, ticket)
      await files.linkOrCopy(made, into)
      await files.remove(made)
    },
  }
}

export const cut: Provider = { kind: 'cut', capabilities: cutCapabilities, open: openCut }
