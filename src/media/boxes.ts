// The outermost structure of an MP4: a row of boxes that must end exactly where the file ends. Reads a few bytes a
// box, whatever the file's size. ffprobe passes files that were cut short; this does not.
import type { FileHandle } from 'node:fs/promises'
import { ProviderFailure } from '../failure.ts'

/** One box: its four-letter kind, where its content starts in the file (or in the parent's content) and where it ends. */
export type Box = { readonly kind: string; readonly start: number; readonly end: number }

/** Throws: the file is not what it was said to be. Nothing of it may be used. */
export function notWhole(message: string): never {
  throw new ProviderFailure({
    kind: 'mismatch',
    message,
    next: 'make or fetch the file again',
    retry: false,
  })
}

const topKinds = new Set([
  'ftyp',
  'moov',
  'mdat',
  'free',
  'skip',
  'wide',
  'styp',
  'sidx',
  'moof',
  'mfra',
  'meta',
  'uuid',
  'udta',
  'pdin',
  'pnot',
  'ssix',
  'prft',
  'emsg',
])
const mostBoxes = 100_000

/** The first characters of a text, safe for a terminal. */
const excerpt = (head: Buffer): string =>
  head
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 80)

/** What a file that is no MP4 seems to be, from its first bytes. */
function whatElse(head: Buffer): string {
  const text = excerpt(head)
  if (head.every((byte) => byte === 0)) return 'the file holds nothing but zeros'
  if (/^(<!doctype html|<html|<head|<\?xml[^>]*>\s*<!doctype html)/i.test(text)) return `the file is a web page: ${text}`
  if (/^[{[]/.test(text)) return `the file is JSON text: ${text}`
  if (/^(#EXTM3U|ffconcat|<\?xml|<MPD|\[playlist\])/i.test(text)) return `the file is a playlist: ${text}`
  if (head.subarray(0, 4).equals(Buffer.from([0x1a, 0x45, 0xdf, 0xa3]))) return 'the file is Matroska or WebM, not MP4'
  if (text.startsWith('RIFF')) return 'the file is a RIFF file (AVI, WAV or WebP), not MP4'
  if (/^[\x20-\x7e\s]*$/.test(head.toString('latin1'))) return `the file is text: ${text}`
  return 'the file is not an MP4'
}

/** Fills `into` from `position`; fewer bytes only at the end of the file. */
export async function readAt(file: FileHandle, into: Buffer, position: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** The size a box header announces; 0 means "to the end of the file". Undefined where the header itself is cut. */
function announced(head: Buffer, got: number): { readonly size: number; readonly header: number } | undefined {
  if (got < 8) return undefined
  const short = head.readUInt32BE(0)
  if (short !== 1) return { size: short, header: 8 }
  if (got < 16) return undefined
  const long = head.readBigUInt64BE(8)
  return { size: long > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(long), header: 16 }
}

const count = (bytes: number): string => bytes.toLocaleString('en-US')

/** The top-level boxes of a whole file. Throws a `mismatch` failure that says what the file is instead, or where it is cut. */
export async function topBoxes(file: FileHandle): Promise<readonly Box[]> {
  const bytes = (await file.stat()).size
  if (bytes === 0) notWhole('the file is empty')
  const boxes: Box[] = []
  const head = Buffer.alloc(16)
  let at = 0
  while (at < bytes) {
    const got = await readAt(file, head, at)
    const kind = head.toString('latin1', 4, 8)
    if (boxes.length === 0 && (got < 8 || !topKinds.has(kind))) {
      const wide = Buffer.alloc(256)
      notWhole(whatElse(wide.subarray(0, await readAt(file, wide, 0))))
    }
    const told = announced(head, got)
    if (told === undefined) notWhole(`the file is cut short: it ends inside a box header at ${count(at)}`)
    if (!/^[\x20-\x7e\xa9]{4}$/.test(kind)) notWhole(`the file is damaged: what stands at ${count(at)} is no box`)
    const end = told.size === 0 ? bytes : at + told.size
    if (told.size !== 0 && told.size < told.header) notWhole(`the file is damaged: its box ${kind} is smaller than its own header`)
    if (end > bytes) notWhole(`the file is cut short: ${kind} should end at ${count(end)}, the file ends at ${count(bytes)}`)
    boxes.push({ kind, start: at + told.header, end })
    if (boxes.length > mostBoxes) notWhole('the file is made of too many boxes')
    at = end
  }
  return boxes
}

/** The boxes inside a box's content. `bytes` is the content; starts and ends are offsets into it. */
export function innerBoxes(bytes: Buffer, from = 0): readonly Box[] {
  const boxes: Box[] = []
  let at = from
  while (at + 8 <= bytes.length) {
    const told = announced(bytes.subarray(at, at + 16), Math.min(16, bytes.length - at))
    const kind = bytes.toString('latin1', at + 4, at + 8)
    const end = told === undefined || told.size === 0 ? bytes.length : at + told.size
    if (told === undefined || (told.size !== 0 && told.size < told.header) || end > bytes.length) {
      notWhole(`the file is damaged: its index holds a broken box at ${count(at)}`)
    }
    boxes.push({ kind, start: at + told.header, end })
    at = end
  }
  return boxes
}

/** The content of the first inner box of that kind. */
export function findBox(bytes: Buffer, kind: string, from = 0): Buffer | undefined {
  const found = innerBoxes(bytes, from).find((box) => box.kind === kind)
  return found === undefined ? undefined : bytes.subarray(found.start, found.end)
}
