// What ffmpeg is asked, without running it: names of people's files stand only behind `file:`, graphs are numbers and
// our own labels, and every input is opened with its guards.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../src/media/command.ts'
import { describe as written } from '../../src/media/command.ts'
import { conformCommand, holdCommand, pictureFormat } from '../../src/media/conform.ts'
import { pieceCommand } from '../../src/media/piece-command.ts'
import type { Base } from '../../src/media/pieces.ts'
import { smallHouse } from './make-clip.ts'

const plain = (clip: number, from: number, frames: number): Base => ({ kind: 'plain', frames, source: { clip, from } })
const bases: readonly Base[] = [
  plain(0, 30, 6),
  { kind: 'to-black', frames: 3, source: { clip: 0, from: 36 }, offset: 0, total: 3 },
  { kind: 'from-black', frames: 4, source: { clip: 1, from: 0 }, offset: 0, total: 4 },
  { kind: 'blend', frames: 5, source: { clip: 1, from: 4 }, second: { clip: 2, from: 0 }, how: 'left', offset: 0, total: 5 },
]
const piece = (path: string): Command =>
  pieceCommand({
    piece: { kind: 'make', at: 0, frames: 18, bases, overlays: [{ png: path, from: 2, to: 9, fadeFrames: 2 }] },
    house: smallHouse,
    clips: [0, 1, 2].map(() => ({ path, keyBefore: (frame) => frame - (frame % 12) })),
    output: path,
  })
const conform = (path: string): Command =>
  conformCommand({
    path,
    output: path,
    house: smallHouse,
    fit: 'pad',
    skip: 3,
    frames: 20,
    start: '1.500000',
    hasSound: false,
    strict: true,
  })
const hold = (path: string): Command => holdCommand({ path, format: 'png_pipe', output: path, house: smallHouse, fit: 'crop', frames: 10 })

describe('for any name of a file', () => {
  test('it stands behind file: alone, and no graph holds a letter of it', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.constantFrom('x,drawtext=textfile=README.md', "a'b:c\\d[e];f", '-y', 'concat:a|b', '%d.png', '100%{pts}'),
    )
    fc.assert(
      fc.property(name, (text) => {
        const path = `/films/${text}`
        for (const build of [piece, conform, hold]) {
          const command = build(path)
          expect(command.graph).toBe(build('/films/plain').graph)
          expect(command.graph).toMatch(/^[\w[\]:;,=.()/*'+-]+$/)
          const holding = written(command).filter((argument) => argument.includes('/films/'))
          expect(new Set(holding)).toEqual(new Set([`file:${path}`]))
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('guards', () => {
  test('every file is opened without network, without playlists, and not beyond a size', () => {
    for (const command of [piece('/a.mp4'), conform('/a.mp4'), hold('/a.png')]) {
      const words = written(command).join(' ')
      const files = command.inputs.filter((input) => 'path' in input).length
      expect(words.match(/-protocol_whitelist file,pipe /g)).toHaveLength(files)
      expect(words.match(/-max_pixels 40000000 /g)).toHaveLength(files)
      expect(words.match(/-err_detect explode /g)).toHaveLength(files)
      expect(words).not.toMatch(/hls|concat,|dash/)
      expect(words).toContain('-map_metadata -1 -sn -dn')
    }
  })

  test('a clip is entered at the keyframe before its frame and trimmed by frames', () => {
    const command = piece('/a.mp4')
    expect(command.inputs[0]?.options?.join(' ')).toContain('-noaccurate_seek -ss 1.010417')
    expect(command.graph).toContain('[0:v:0]trim=start_frame=6:end_frame=12')
    expect(command.outputs[0]?.options.join(' ')).toContain('-frames:v 18')
  })
})

test('pictures are known by their first bytes', () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
  expect(pictureFormat(bytes('\x89PNG\r\n\x1a\n1234'))).toBe('png_pipe')
  expect(pictureFormat(bytes('\xff\xd8\xff\xe0abcdefgh'))).toBe('jpeg_pipe')
  expect(pictureFormat(bytes('RIFF1234WEBPVP8 '))).toBe('webp_pipe')
  expect(pictureFormat(bytes('<svg xmlns="'))).toBeUndefined()
  expect(pictureFormat(bytes('RIFF1234AVI '))).toBeUndefined()
})
