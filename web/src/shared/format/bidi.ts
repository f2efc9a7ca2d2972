const MARKS = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

/**
 * More than six combining marks on one letter: such marks cover the lines above and below. A Hebrew letter has at most
 * four.
 */
const TOWER = /(\p{M}{6})\p{M}+/gu

/** Removes bidi control characters, which change the direction of the text after them, and excess combining marks. */
export const stripMarks = (text: string): string => text.replace(MARKS, '').replace(TOWER, '$1')

/**
 * Isolates a number, a range or a code in a plain string (a title, an `aria-label`), so that the bidi algorithm does
 * not reorder it.
 */
export const ltr = (text: string): string => `\u2066${text}\u2069`

/**
 * Parts of a text that are read from left to right, and that a Hebrew line would reorder: phone numbers, ranges of times
 * and numbers, percentages with a sign, and names that end in a symbol, such as C++.
 */
const REORDERED =
  /(?<![\p{Script=Latin}\d]|\d[.,:])(?:(?:\+\d|\(0\d{1,2}\))(?:[ .()-]{0,2}\d){6,13}|\d{1,2}:\d{2}(?: ?[–/] ?\d{1,2}:\d{2})+|\d(?:[\d.,:]*\d)?–\d(?:[\d.,:]*\d)?)(?![\p{Script=Latin}\d]|[.,:]\d)|(?<![\p{L}\d*/])\*\d{3,5}(?![\p{L}\d*/])|(?<![\p{L}\d])[+-]\d(?:[\d.,]*\d)?%|(?<![\p{L}\d])\p{Script=Latin}[\p{Script=Latin}\d]*(?:\+\+|#)(?![\p{L}\d]|\s+\p{Script=Latin})/gu

/**
 * In each text of which a part may be reordered. Most texts are not, and the long pattern takes a slow phone a while to
 * compile.
 */
const MAYBE_REORDERED = /[\d#]|\+\+/

/** Splits a text into such parts and the text between them. */
export function orderedParts(text: string): { text: string; at: number; isLtr?: true }[] {
  if (text && !MAYBE_REORDERED.test(text)) return [{ text, at: 0 }]
  const parts: ReturnType<typeof orderedParts> = []
  let last = 0
  for (const { 0: found, index } of text.matchAll(REORDERED)) {
    if (index > last) parts.push({ text: text.slice(last, index), at: last })
    parts.push({ text: found, at: index, isLtr: true })
    last = index + found.length
  }
  if (last < text.length) parts.push({ text: text.slice(last), at: last })
  return parts
}

/** Isolates text written by users or contacts in a plain string. */
export function isolate(text: string): string {
  const clean = stripMarks(text)
  return `\u2068${MAYBE_REORDERED.test(clean) ? clean.replace(REORDERED, '\u2066$&\u2069') : clean}\u2069`
}

/**
 * Returns the `dir` attribute for text written by users or contacts. Text without letters (digits, emoji) has the
 * page's direction.
 */
export function dirOf(text: string): 'auto' | undefined {
  return /\p{L}/u.test(text) ? 'auto' : undefined
}

/** The scripts that are used by one of the languages of the product. */
const SCRIPTS = [
  ['he', /\p{Script=Hebrew}/u],
  ['ar', /\p{Script=Arabic}/u],
  ['ru', /\p{Script=Cyrillic}/u],
  ['en', /\p{Script=Latin}/u],
] as const

/**
 * Returns the `lang` attribute for text written by users or contacts, so that a screen reader pronounces it right. Text
 * that mixes scripts, such as a Hebrew sentence with an English name, gets the first language of the list whose script
 * occurs in it. Returns undefined for text in none of these scripts.
 */
export const langOf = (text: string): string | undefined => SCRIPTS.find(([, script]) => script.test(text))?.[0]
