const MARKS = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

/** A letter of Hebrew has four marks at most; whole towers of them are drawn over the lines above and below. */
const TOWER = /(\p{M}{6})\p{M}+/gu

/** The text without the characters that change the direction of what follows, and with few marks on each letter. */
export const stripMarks = (text: string): string => text.replace(MARKS, '').replace(TOWER, '$1')

/** Isolates a number, a range or a code in a plain string (a title, an `aria-label`), so that it is not reordered. */
export const ltr = (text: string): string => `\u2066${text}\u2069`

/** Isolates text that people wrote in a plain string. */
export const isolate = (text: string): string => `\u2068${stripMarks(text)}\u2069`

/** `dir` for text that people wrote: text without a letter (digits, emoji) follows the page. */
export function dirOf(text: string): 'auto' | undefined {
  return /\p{L}/u.test(text) ? 'auto' : undefined
}
