// AAC packets out of an ADTS stream, and what two encodings of overlapping sound have in common: where one may be
// left for the other without a gap. AAC packets overlap by half a window, so both halves must be of one shape.

/** The packets of an ADTS stream without their headers. Throws a RangeError where it is not one. */
export function adtsPackets(stream: Buffer): readonly Buffer[] {
  const packets: Buffer[] = []
  for (let at = 0; at < stream.length; ) {
    if (stream.length - at < 7 || stream.readUInt16BE(at) >> 4 !== 0xfff) throw new RangeError(`no ADTS header at ${at}`)
    const header = (stream.readUInt8(at + 1) & 1) === 1 ? 7 : 9
    const length = ((stream.readUInt8(at + 3) & 3) << 11) | (stream.readUInt8(at + 4) << 3) | (stream.readUInt8(at + 5) >> 5)
    if (length < header || at + length > stream.length) throw new RangeError(`a packet runs over the end at ${at}`)
    packets.push(stream.subarray(at + header, at + length))
    at += length
  }
  return packets
}

/**
 * The window both channels of a stereo packet share (sequence and shape), or undefined where each has its own.
 * A channel pair opens with 3 bits of element id (1), 4 of tag, 1 `common_window`, then 1 reserved, 2 sequence, 1 shape.
 */
export function windowOf(packet: Buffer): number | undefined {
  if (packet.length < 2) return undefined
  const bits = packet.readUInt16BE(0)
  return bits >> 13 === 1 && ((bits >> 8) & 1) === 1 ? (bits >> 4) & 7 : undefined
}

/**
 * How many packets of `before` to keep so that `after` goes on from there; `after[0]` is packet `start` of `before`.
 * Looks from packet `earliest` on, first for packets equal to the bit, then for equal windows. Undefined if there are none.
 */
export function seamOf(before: readonly Buffer[], after: readonly Buffer[], start: number, earliest: number): number | undefined {
  const last = Math.min(before.length, start + after.length)
  let meets: number | undefined
  for (let at = earliest; at < last; at += 1) {
    const [one, two] = [before[at - 1], after[at - 1 - start]]
    if (one === undefined || two === undefined) continue
    if (one.equals(two)) return at
    const shared = windowOf(one)
    if (meets === undefined && shared !== undefined && shared === windowOf(two)) meets = at
  }
  return meets
}
