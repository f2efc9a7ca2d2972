/** Returns the browser's storage key for a value. */
export const stored = (key: string): string => `agentlocator.${key}`

/**
 * Returns a value that this browser has stored. In a private window the browser may refuse access; then the result is
 * null.
 */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(stored(key))
  } catch {
    return null
  }
}

/** Stores a value; null deletes it. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(stored(key))
    else localStorage.setItem(stored(key), value)
  } catch {
    // The browser refuses access: the value lasts until the page is reloaded.
  }
}
