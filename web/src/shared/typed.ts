/**
 * Returns what remains in a field after its text was sent: text that the user typed behind it during the request, or
 * the whole text if the user has replaced it meanwhile. `sent` is trimmed.
 */
export function withoutSent(now: string, sent: string): string {
  const text = now.trimStart()
  return text.startsWith(sent) ? text.slice(sent.length).trimStart() : now
}
