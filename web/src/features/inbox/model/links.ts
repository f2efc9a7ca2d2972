import { phoneParts } from '#shared/format/phone'

interface Part {
  text: string
  href?: string
  at: number
}

const URL_LIKE = /\b(?:https?:\/\/|www\.)[^\s<>"']+/gi
/** Punctuation after a URL belongs to the sentence, not to the URL. */
const TAIL = /[.,;:!?)\]}׳״]+$/

/** Splits a text into web URLs, phone numbers and the text between them. Only http, https and tel become links. */
export function linkParts(text: string): Part[] {
  const parts: Part[] = []
  let last = 0
  for (const match of text.matchAll(URL_LIKE)) {
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
  phoneParts(text).map(({ text, at, tel }) => ({ text, at: from + at, ...(tel && { href: tel }) }))

function hrefOf(text: string): string | undefined {
  try {
    const url = new URL(/^www\./i.test(text) ? `https://${text}` : text)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
  } catch {
    return undefined
  }
}
