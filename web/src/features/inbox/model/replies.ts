import type { SavedReply } from '../api'

/** Null unless the text is a slash and at most 40 characters without a line break. */
export function slashQuery(text: string): string | null {
  const match = /^\/([^\n]{0,40})$/.exec(text)
  return match ? (match[1] ?? '') : null
}

/** Replies with a matching shortcut come before those whose text contains the query. */
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
