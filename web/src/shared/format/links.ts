import { orderedParts } from './bidi'
import { phoneParts } from './phone'

interface Part {
  text: string
  href?: string
  /** Whether the part is read from left to right: code between backticks, as WhatsApp writes it, or a range or sign. */
  isLtr?: true
  at: number
}

/** A backtick between letters is a Hebrew geresh (צ`ק), so code has no letter or digit on its outer sides. */
const URL_OR_CODE = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+|```[^`]+```|(?<![\p{L}\d`])`[^`\n]+`(?![\p{L}\d])/giu
/** In each text that contains a URL or code, see `MAYBE_REORDERED`. */
const MAYBE_URL_OR_CODE = /:\/\/|www\.|`/i
/** Punctuation after a URL belongs to the sentence, not to the URL. */
const TAIL = /[.,;:!?)\]}׳״]+$/

/**
 * Splits a text into web URLs, phone numbers, code, and the text between them. Only http, https and tel become links.
 * URLs, numbers and code must be isolated (bidi), so that a paragraph that begins with one of them has the direction of
 * its words.
 */
export function linkParts(text: string): Part[] {
  if (!MAYBE_URL_OR_CODE.test(text)) return wordsOf(text, 0)
  const parts: Part[] = []
  let last = 0
  for (const match of text.matchAll(URL_OR_CODE)) {
    if (match[0].startsWith('`')) {
      parts.push(...wordsOf(text.slice(last, match.index), last))
      parts.push({ text: match[0], isLtr: true, at: match.index })
      last = match.index + match[0].length
      continue
    }
    const found = match[0].replace(TAIL, '')
    const href = hrefOf(found)
    if (!href) continue
    parts.push(...wordsOf(text.slice(last, match.index), last))
    parts.push({ text: found, href, at: match.index })
    last = match.index + found.length
  }
  parts.push(...wordsOf(text.slice(last), last))
  return parts
}

const wordsOf = (text: string, from: number): Part[] =>
  phoneParts(text).flatMap(({ text, at, tel }) =>
    tel ? [{ text, at: from + at, href: tel }] : orderedParts(text).map(part => ({ ...part, at: from + at + part.at })),
  )

function hrefOf(text: string): string | undefined {
  try {
    const url = new URL(/^www\./i.test(text) ? `https://${text}` : text)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
  } catch {
    return undefined
  }
}
