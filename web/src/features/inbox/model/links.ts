interface Part {
  text: string
  href?: string
  at: number
}

const URL_LIKE = /\b(?:https?:\/\/|www\.)[^\s<>"']+/gi
/** Punctuation behind an address belongs to the sentence. */
const TAIL = /[.,;:!?)\]}׳״]+$/

/** A text in parts: addresses of the web, and what stands between them. Only http and https become links. */
export function linkParts(text: string): Part[] {
  const parts: Part[] = []
  let last = 0
  for (const match of text.matchAll(URL_LIKE)) {
    const found = match[0].replace(TAIL, '')
    const href = hrefOf(found)
    if (!href) continue
    if (match.index > last) parts.push({ text: text.slice(last, match.index), at: last })
    parts.push({ text: found, href, at: match.index })
    last = match.index + found.length
  }
  if (last < text.length) parts.push({ text: text.slice(last), at: last })
  return parts
}

function hrefOf(text: string): string | undefined {
  try {
    const url = new URL(/^www\./i.test(text) ? `https://${text}` : text)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
  } catch {
    return undefined
  }
}
