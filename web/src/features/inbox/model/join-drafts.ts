import { withoutSent } from '#shared/typed'

interface Versions {
  /** The text on which both devices have based theirs; empty if there was none. */
  base: string
  /** The text that another device has stored; empty if it has sent or deleted the draft. */
  theirs: string
  /** The text of this device; empty if it has sent or deleted the draft. */
  mine: string
}

const isBlank = (text: string) => text.trim() === ''
const isPartOfWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{M}\p{N}]/u.test(char)

/** Whether `text` contains `part` as whole words. */
function contains(text: string, part: string): boolean {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    if (!isPartOfWord(text[at - 1]) && !isPartOfWord(text[at + part.length])) return true
  }
  return false
}

/** Returns what was written after `sent` was sent or deleted elsewhere. */
const writtenAfter = (text: string, sent: string): string =>
  contains(sent, text.trim()) ? '' : withoutSent(text, sent.trim())

/**
 * Joins the drafts of two devices line by line, so that no words are lost: each line of either text is kept, except one
 * that the other text contains, and one of the base that the other device has deleted.
 */
export function joinDrafts({ base, theirs, mine }: Versions): string {
  if (isBlank(theirs)) return isBlank(mine) ? '' : writtenAfter(mine, base)
  if (isBlank(mine)) return writtenAfter(theirs, base)
  const [before, other, own] = [base, theirs, mine].map(text => text.split('\n')) as [string[], string[], string[]]
  const isDeleted = (line: string, from: string[]) => !isBlank(line) && before.includes(line) && !from.includes(line)
  const lines = [...other]
  const isKept = (line: string) => !isDeleted(line, own)
  let isAdding = false
  for (const line of own) {
    if (isBlank(line)) {
      if (isAdding) lines.push(line)
      continue
    }
    isAdding = false
    if (isDeleted(line, other) || lines.some(one => isKept(one) && contains(one, line.trim()))) continue
    const extended = lines.findIndex(one => !isBlank(one) && contains(line, one.trim()))
    if (extended >= 0) lines[extended] = line
    else {
      lines.push(line)
      isAdding = true
    }
  }
  return lines.filter(isKept).join('\n').trimEnd()
}

interface Caret {
  before: string
  after: string
  /** The caret in the text `before`. */
  caret: number
}

/** Returns the caret in the text `after`: at the same place of its line, or at the end if the line is gone. */
export function caretAfter({ before, after, caret }: Caret): number {
  const start = before.lastIndexOf('\n', caret - 1) + 1
  const line = before.slice(start).split('\n')[0] ?? ''
  const at = line === '' ? -1 : after.indexOf(line)
  return at < 0 ? after.length : at + caret - start
}
