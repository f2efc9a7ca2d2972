import { expect, test } from 'vitest'
import { checksum, oggOf, opusOf, samplesOf } from './ogg'

const head = new TextEncoder().encode('OpusHead\u0001\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000')
const element = (id: number[], data: number[]) => [...id, 0x40 | (data.length >> 8), data.length & 0xff, ...data]

/** As browsers record it, with segment and cluster of unknown size. */
const webm = (packets: number[][]) =>
  Uint8Array.from([
    ...element([0x1a, 0x45, 0xdf, 0xa3], [1, 2, 3]),
    ...[0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ...element([0x16, 0x54, 0xae, 0x6b], element([0xae], element([0x63, 0xa2], [...head]))),
    ...[0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ...packets.flatMap(packet => element([0xa3], [0x81, 0, 0, 0x80, ...packet])),
  ])

test('the packets of a recording are found', () => {
  const found = opusOf(
    webm([
      [0xf8, 1, 2],
      [0xf8, 3],
    ]),
  )
  expect(found.head).toEqual(head)
  expect(found.packets.map(packet => [...packet])).toEqual([
    [0xf8, 1, 2],
    [0xf8, 3],
  ])
  expect(() => opusOf(webm([]))).toThrow()
})

test('the first byte of a packet says how long it is', () => {
  // CELT, 20 ms; SILK, 60 ms; two frames of 20 ms; three frames with an explicit count.
  const samples = [[0xf8], [0x18], [0xf9], [0xfb, 3]].map(bytes => samplesOf(Uint8Array.from(bytes)))
  expect(samples).toEqual([960, 2880, 1920, 2880])
})

test('the pages have right checksums, times and ends', () => {
  const packets = Array.from({ length: 50 }, () => Uint8Array.from([0xf8, ...Array.from({ length: 300 }, () => 7)]))
  const file = oggOf({ head, packets }, 77)
  const pages: { flags: number; granule: number; size: number }[] = []
  let at = 0
  while (at < file.length) {
    const view = new DataView(file.buffer, at)
    expect(new TextDecoder().decode(file.subarray(at, at + 4))).toBe('OggS')
    const count = file[at + 26] ?? 0
    const size = file.subarray(at + 27, at + 27 + count).reduce((sum, part) => sum + part, 0)
    const page = file.slice(at, at + 27 + count + size)
    new DataView(page.buffer).setUint32(22, 0, true)
    expect(checksum(page)).toBe(view.getUint32(22, true))
    pages.push({ flags: file[at + 5] ?? 0, granule: view.getUint32(6, true), size })
    at += 27 + count + size
  }
  expect(pages.map(({ flags }) => flags)).toEqual([2, 0, 0, 4])
  expect(pages.at(-1)?.granule).toBe(50 * 960)
  expect(pages.reduce((sum, { size }) => sum + size, 0)).toBe(head.length + 16 + 50 * 301)
})
