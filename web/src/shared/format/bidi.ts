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

/** Isolates text written by users or contacts in a plain string. */
export const isolate = (text: string): string => `\u2068${stripMarks(text)}\u2069`

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
