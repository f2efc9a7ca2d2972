/** The key under which the browser stores it. */
export const stored = (key: string): string => `agentlocator.${key}`

/** What this browser remembers. In a private window the browser may refuse, and nothing is remembered. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(stored(key))
  } catch {
    return null
  }
}

/** Remembers a value; null forgets it. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(stored(key))
    else localStorage.setItem(stored(key), value)
  } catch {
    // Refused: the value lasts until the page is loaded again.
  }
}
