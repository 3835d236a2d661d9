// One line of a file that must survive a crash: `<crc32> <bytes> <json>`. The checksum tells a torn or damaged line
// from a whole one, so that each line can be trusted by itself.

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1
  return rest
})

/** CRC-32 as zip and PNG have it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let at = 0; at < bytes.length; at += 1) crc = (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

const encoder = new TextEncoder()

/** With its line end. `value` must be what JSON can hold. */
export function encodeLine(value: unknown): string {
  const json = JSON.stringify(value)
  const bytes = encoder.encode(json)
  return `${crc32(bytes).toString(16).padStart(8, '0')} ${bytes.length} ${json}\n`
}

/** The value of a line without its line end, or `undefined` when it is not exactly what was written. */
export function decodeLine(line: string): unknown {
  const match = /^([0-9a-f]{8}) (\d{1,9}) /.exec(line)
  if (match === null) return undefined
  const json = line.slice(match[0].length)
  const bytes = encoder.encode(json)
  if (bytes.length !== Number(match[2]) || crc32(bytes) !== Number.parseInt(match[1] ?? '', 16)) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
