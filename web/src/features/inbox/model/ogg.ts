// Browsers record Opus in WebM, but WhatsApp shows a voice note only for Opus in Ogg. The audio is repacked without
// re-encoding.

const MASTERS = new Set([0x18538067, 0x1654ae6b, 0xae, 0x1f43b675, 0xa0])
const CODEC_PRIVATE = 0x63a2
const SIMPLE_BLOCK = 0xa3
const BLOCK = 0xa1
/** The maximum number of packets in a page. A page holds at most 255 segments of 255 bytes. */
const PACKETS_A_PAGE = 40
const SAMPLES_A_SECOND = 48_000

/** The file must have one track. */
export function opusOf(webm: Uint8Array): { head: Uint8Array; packets: Uint8Array[] } {
  let head: Uint8Array | undefined
  const packets: Uint8Array[] = []
  let at = 0
  while (at < webm.length) {
    const id = number(webm, at, true)
    const size = number(webm, at + id.length, false)
    const start = at + id.length + size.length
    if (MASTERS.has(id.value)) {
      at = start
      continue
    }
    const end = Math.min(webm.length, start + size.value)
    if (id.value === CODEC_PRIVATE) head = webm.subarray(start, end)
    // A block starts with the track number, two bytes of time, and flags.
    else if (id.value === SIMPLE_BLOCK || id.value === BLOCK) {
      packets.push(webm.subarray(start + number(webm, start, false).length + 3, end))
    }
    at = end
  }
  if (!head || packets.length === 0) throw new Error('no Opus in this file')
  return { head, packets }
}

/** Reads a variable-length EBML number. The leading zeros of its first byte give the number of bytes that follow. */
function number(bytes: Uint8Array, at: number, keepsMarker: boolean): { value: number; length: number } {
  const first = bytes[at] ?? 0
  const length = Math.clz32(first) - 23
  if (length > 8) throw new Error('not a WebM file')
  let value = keepsMarker ? first : first & (0xff >> length)
  let isUnknown = (first | (0xff << (8 - length))) === (0xff | (0xff << (8 - length)))
  for (let next = 1; next < length; next++) {
    const byte = bytes[at + next] ?? 0
    isUnknown &&= byte === 0xff
    value = value * 256 + byte
  }
  return { value: isUnknown && !keepsMarker ? bytes.length : value, length }
}

/** Returns the number of samples (at 48 kHz) in an Opus packet, from its first one or two bytes (RFC 6716). */
export function samplesOf(packet: Uint8Array): number {
  const toc = packet[0] ?? 0
  const config = toc >> 3
  const ms =
    config < 12
      ? ([10, 20, 40, 60][config % 4] ?? 20)
      : config < 16
        ? ([10, 20][config % 2] ?? 20)
        : ([2.5, 5, 10, 20][config % 4] ?? 20)
  const code = toc & 3
  const frames = code === 0 ? 1 : code === 3 ? (packet[1] ?? 1) & 63 : 2
  return (ms * frames * SAMPLES_A_SECOND) / 1000
}

export function oggOf(
  { head, packets }: { head: Uint8Array; packets: readonly Uint8Array[] },
  serial: number,
): Uint8Array {
  const tags = new TextEncoder().encode('OpusTags\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000')
  const pages = [page([head], 2, 0, serial, 0), page([tags], 0, 0, serial, 1)]
  let granule = 0
  for (let from = 0; from < packets.length; from += PACKETS_A_PAGE) {
    const part = packets.slice(from, from + PACKETS_A_PAGE)
    for (const packet of part) granule += samplesOf(packet)
    const isLast = from + PACKETS_A_PAGE >= packets.length
    pages.push(page(part, isLast ? 4 : 0, granule, serial, pages.length))
  }
  const file = new Uint8Array(pages.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const one of pages) {
    file.set(one, at)
    at += one.length
  }
  return file
}

function page(packets: readonly Uint8Array[], flags: number, granule: number, serial: number, sequence: number) {
  const segments = packets.flatMap(({ length }) => [
    ...Array.from({ length: Math.floor(length / 255) }, () => 255),
    length % 255,
  ])
  const size = packets.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(27 + segments.length + size)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('OggS'))
  bytes[5] = flags
  view.setUint32(6, granule % 2 ** 32, true)
  view.setUint32(10, Math.floor(granule / 2 ** 32), true)
  view.setUint32(14, serial, true)
  view.setUint32(18, sequence, true)
  bytes[26] = segments.length
  bytes.set(segments, 27)
  let at = 27 + segments.length
  for (const packet of packets) {
    bytes.set(packet, at)
    at += packet.length
  }
  view.setUint32(22, checksum(bytes), true)
  return bytes
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value >>> 0
})

/** The checksum field of the page must be zero. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum = ((sum << 8) ^ (TABLE[((sum >>> 24) ^ byte) & 255] ?? 0)) >>> 0
  return sum
}

/** Repacks WebM, which WhatsApp does not accept as a voice note; other formats are unchanged. */
export async function asVoiceNote(recorded: Blob): Promise<Blob> {
  if (!/^(audio|video)\/webm/.test(recorded.type)) return recorded
  const bytes = new Uint8Array(await recorded.arrayBuffer())
  const serial = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1
  return new Blob([oggOf(opusOf(bytes), serial) as Uint8Array<ArrayBuffer>], { type: 'audio/ogg; codecs=opus' })
}
