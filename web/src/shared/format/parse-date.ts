import { type Day, isDay } from './dates'

/**
 * Parses day and month, such as «24.12» or «24/12/26», or «2026-12-24». Without a year, returns the first such day that
 * is not before `today`, or the last one that is not after it (`past`); undefined for other text, or a day that does not
 * exist.
 */
export function parseDate(text: string, today: Day, side: 'future' | 'past' = 'future'): Day | undefined {
  const found = /^\s*(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}|\d{2}))?\s*$/.exec(text)
  if (!found) return isDay(text.trim()) ? text.trim() : undefined
  const two = (part: string | undefined) => (part ?? '').padStart(2, '0')
  const of = (year: number): Day => `${year}-${two(found[2])}-${two(found[1])}`
  const written = found[3]
  if (written) {
    const day = of(written.length === 2 ? 2000 + Number(written) : Number(written))
    return isDay(day) ? day : undefined
  }
  const year = Number(today.slice(0, 4))
  // The loop covers 9 years, because 29 February may be up to 8 years away.
  return Array.from({ length: 9 }, (_, at) => of(side === 'past' ? year - at : year + at)).find(
    day => isDay(day) && (side === 'past' ? day <= today : day >= today),
  )
}
