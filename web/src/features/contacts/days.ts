import { isDay } from '#shared/format/dates'

/** Parses the formats used in Israel: «7.6.1990», «7/6/90», «1990-06-07». Returns null for any other text. */
export function parseDay(text: string, thisYear = new Date().getUTCFullYear()): string | null {
  const written = text.trim()
  if (isDay(written)) return written
  const found = /^(\d{1,2})[./-](\d{1,2})[./-](\d{2}|\d{4})$/.exec(written)
  if (!found) return null
  const [, day = '', month = '', year = ''] = found
  // A year of two digits that would be more than 10 years in the future is in the last century: most dates are
  // birthdays.
  const short = Number(year) + 2000
  const full = year.length === 4 ? Number(year) : short > thisYear + 10 ? short - 100 : short
  const result = `${full}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return isDay(result) ? result : null
}
