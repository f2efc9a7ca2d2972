import type { SavedReply } from '../api'

/**
 * Returns the text after a slash at the start of the message; null for any other text, and if more than 40 characters
 * or a line break follow the slash.
 */
export function slashQuery(text: string): string | null {
  const match = /^\/([^\n]{0,40})$/.exec(text)
  return match ? (match[1] ?? '') : null
}

/**
 * Returns at most eight saved replies for a query: first those with a matching shortcut, then those whose text contains
 * the query.
 */
export function matchingReplies<R extends Pick<SavedReply, 'shortcut' | 'text'>>(
  replies: readonly R[],
  query: string,
): R[] {
  const wanted = query.trim().toLocaleLowerCase()
  const rank = ({ shortcut, text }: R) => {
    const name = shortcut.toLocaleLowerCase()
    if (name.startsWith(wanted)) return 0
    if (name.includes(wanted)) return 1
    return text.toLocaleLowerCase().includes(wanted) ? 2 : 3
  }
  return replies
    .map(reply => ({ reply, rank: rank(reply) }))
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank || a.reply.shortcut.localeCompare(b.reply.shortcut, 'he'))
    .map(({ reply }) => reply)
    .slice(0, 8)
}
