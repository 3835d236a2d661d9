// One edit in, one house clip out. Each edit is a few lines that say which media function does it with what; the
// frames and samples are counted there.
import { open, rm, writeFile } from 'node:fs/promises'
import { ProviderFailure } from '../failure.ts'
import type { Request, Slot } from '../lang/plan.ts'
import { toNumber } from '../lang/time.ts'
import type { Command } from './command.ts'
import { conformCommand, holdCommand, pictureFormat } from './conform.ts'
import type { Edit } from './edit.ts'
import { editOf, houseOf } from './edit.ts'
import type { Tool } from './ffmpeg.ts'
import { findTool } from './ffmpeg.ts'
import { asFailure } from './finish-file.ts'
import type { Part } from './join.ts'
import { joinClips } from './join.ts'
import { look, probe } from './probe.ts'

export type EditOrder = {
  readonly request: Request
  readonly files: ReadonlyMap<Slot, string>
  readonly output: string
  readonly scratch: string
  readonly signal: AbortSignal
  readonly report: (progress: number, phase: string) => void
  /** For tests; else the one that is found. */
  readonly tool?: Tool
}

type Work = EditOrder & { readonly tool: Tool; readonly edit: Edit }

/** A clip may come back up to this many seconds short: its last frame is held that long. More is a wrong clip. */
const heldSeconds = 0.25

function fileOf(work: EditOrder, slot: Slot): string {
  const path = work.files.get(slot)
  if (path === undefined) throw new Error(`a ${work.request.operation} without its ${slot}`)
  return path
}

function refuse(kind: 'mismatch' | 'input', message: string, next: string): never {
  throw new ProviderFailure({ kind, message, next, retry: false, billed: 'no' })
}

async function run(work: Work, command: Command, phase: string): Promise<void> {
  const total = Math.max(1, work.request.frames)
  await work.tool.run(command, { signal: work.signal, onProgress: (frames) => work.report(Math.min(1, frames / total), phase) })
}

/** Proves that what was written is what was ordered. */
async function prove(work: Work, frames: number): Promise<void> {
  const made = await probe(work.output)
  if (made.frames !== frames) throw new Error(`${work.request.operation} should give ${frames} frames and gave ${made.frames}`)
}

async function conform(work: Work, edit: Extract<Edit, { kind: 'conform' }>): Promise<void> {
  const path = fileOf(work, 'video')
  const came = await probe(path)
  const has = (came.frames / toNumber(came.rate)) * toNumber(work.request.rate)
  const skip = edit.trim?.from ?? 0
  const frames = edit.trim?.frames ?? Math.max(1, Math.round(has))
  const missing = (skip + frames - has) / toNumber(work.request.rate)
  if (missing > heldSeconds && edit.hold !== true) {
    const length = (count: number): string => `${(count / toNumber(work.request.rate)).toFixed(2)} s`
    refuse('mismatch', `the clip that came back is ${length(has)} long where ${length(skip + frames)} are needed`, 'make the clip again')
  }
  const { output } = work
  const order = { path, output, house: houseOf(work.request), fit: edit.fit, skip, frames, hasSound: came.soundSamples > 0, strict: true }
  await run(work, conformCommand(order), 'conforming')
  await prove(work, frames)
}

async function footage(work: Work, edit: Extract<Edit, { kind: 'footage' }>): Promise<void> {
  const path = fileOf(work, 'video')
  const seen = await look(work.tool, path, work.signal)
  if (!seen.hasPicture) refuse('input', 'the footage has no picture', 'name a video file')
  const rate = toNumber(work.request.rate)
  const from = edit.from === undefined ? 0 : edit.from[0] / edit.from[1]
  const to = edit.to === undefined ? seen.seconds : edit.to[0] / edit.to[1]
  if (to === undefined && work.request.frames === 0) refuse('input', 'the footage does not say how long it is', 'give it a range')
  const frames = work.request.frames > 0 ? work.request.frames : Math.round(((to ?? 0) - from) * rate)
  if (seen.seconds !== undefined && from + frames / rate > seen.seconds + heldSeconds) {
    refuse(
      'input',
      `the footage is ${seen.seconds.toFixed(2)} s long, its range ends at ${(from + frames / rate).toFixed(2)} s`,
      'shorten the range',
    )
  }
  const order = {
    path,
    output: work.output,
    house: houseOf(work.request),
    fit: edit.fit,
    skip: 0,
    frames,
    hasSound: seen.hasSound,
    strict: false,
  }
  await run(work, conformCommand({ ...order, ...(from > 0 ? { start: from.toFixed(6) } : {}) }), 'conforming')
  await prove(work, frames)
}

async function head(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const bytes = new Uint8Array(64)
    await file.read(bytes, 0, bytes.length, 0)
    return bytes
  } finally {
    await file.close()
  }
}

async function hold(work: Work, path: string): Promise<void> {
  const format = pictureFormat(await head(path)) ?? refuse('input', 'the still is no picture that can be read', 'use a PNG, JPEG or WebP')
  const { output, request } = work
  await run(work, holdCommand({ path, format, output, house: houseOf(request), fit: 'crop', frames: request.frames }), 'holding')
  await prove(work, request.frames)
}

async function card(work: Work, edit: Extract<Edit, { kind: 'card' }>): Promise<void> {
  const { drawCard } = await import('./lettering.ts')
  const path = `${work.output}.png`
  try {
    await writeFile(
      path,
      drawCard({ text: edit.text, size: work.request.size, ...(edit.below === undefined ? {} : { below: edit.below }) }),
    )
    await hold(work, path)
  } finally {
    await rm(path, { force: true })
  }
}

async function join(work: Work, picture: readonly Part[], sound: readonly Part[]): Promise<void> {
  const { output, scratch, tool, signal } = work
  const onProgress = (done: number): void => work.report(done, 'joining')
  await joinClips({ house: houseOf(work.request), picture, sound, output, scratch, tool, signal, onProgress })
}

async function joinParts(work: Work, edit: Extract<Edit, { kind: 'join' }>): Promise<void> {
  const parts = edit.parts.map(({ slot, from, frames }) => ({ path: fileOf(work, slot), name: slot, from, frames }))
  await join(work, parts, parts)
}

async function splice(work: Work, edit: Extract<Edit, { kind: 'splice' }>): Promise<void> {
  const [old, patch] = [fileOf(work, 'video'), fileOf(work, 'patch')]
  const frames = work.request.frames > 0 ? work.request.frames : (await probe(old)).frames
  const whole = [{ path: old, name: 'the clip', from: 0, frames }]
  const patched = [
    { path: old, name: 'the clip', from: 0, frames: edit.from },
    { path: patch, name: 'the retake', from: edit.patchFrom, frames: edit.to - edit.from },
    { path: old, name: 'the clip', from: edit.to, frames: frames - edit.to },
  ].filter((part) => part.frames > 0)
  await join(work, edit.mode === 'sound' ? whole : patched, edit.mode === 'picture' ? whole : patched)
}

function does(work: Work): Promise<void> {
  const { edit } = work
  switch (edit.kind) {
    case 'conform':
      return conform(work, edit)
    case 'footage':
      return footage(work, edit)
    case 'join':
      return joinParts(work, edit)
    case 'splice':
      return splice(work, edit)
    case 'card':
      return card(work, edit)
    case 'still':
      return hold(work, fileOf(work, 'first-frame'))
  }
}

/** Does one of ffmpeg's own operations. Throws a ProviderFailure; `output` is there only when it is whole. */
export async function doEdit(order: EditOrder): Promise<void> {
  try {
    const tool = order.tool ?? (await findTool(process.env))
    await does({ ...order, tool, edit: editOf(order.request) })
  } catch (error) {
    await rm(order.output, { force: true })
    throw asFailure(error, order.signal)
  }
}
