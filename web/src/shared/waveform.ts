/** Who speaks in a part of a drawn call. `lost` marks speech that was not heard. */
export type Voice = 'them' | 'agent' | 'you' | 'lost'

/** A part of a drawn call: its start and end, from 0 to 1, and the speaker. */
export type Part = readonly [from: number, to: number, who: Voice]

interface Bar {
  at: number
  who: Voice | ''
  height: number
}

/** Only for pictures of calls, never for a real recording. The same seed gives the same bars. */
export function speechBars(seed: number, count: number, parts: readonly Part[]): Bar[] {
  let state = seed
  const random = () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let loudness = 0.5
  return Array.from({ length: count }, (_, at) => {
    const place = (at + 0.5) / count
    const part = parts.find(([from, to]) => place >= from && place < to)
    if (at % 9 === 0) loudness = 0.3 + random() * 0.7
    if (random() < 0.06) loudness = 1
    const isGap = random() < 0.1
    const height = isGap ? 0.08 : Math.max(0.1, loudness * (0.25 + 0.75 * random() ** 0.8))
    return { at, who: part?.[2] ?? '', height: part ? height : 0 }
  })
}

/** Converts the peaks of a recording (0…255) to the heights of `count` bars. Each bar has the loudest of its peaks. */
export function barsOfPeaks(peaks: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * peaks.length) / count)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / count))
    let most = 0
    for (let at = from; at < to; at++) most = Math.max(most, peaks[at] ?? 0)
    return most / 255
  })
}

/** The distance between two bars, in pixels. */
export const BAR_PX = 4

/** Returns an SVG path with one line for each bar of at least 0.02, upwards or downwards from the axis. */
export function lanePath(heights: readonly number[], axis: number, direction: -1 | 1, from = 0, to = heights.length) {
  const room = axis - 3
  let path = ''
  for (let bar = from; bar < to; bar++) {
    const height = heights[bar] ?? 0
    if (height < 0.02) continue
    const x = bar * BAR_PX + BAR_PX / 2
    path += `M${x} ${axis + direction * 2}V${(axis + direction * (2 + height * room)).toFixed(1)}`
  }
  return path
}
