/** The user whose own values are read and written. */
let userId = 0

/** Values that the browser refused to store, for example in a private window: they last until the page is reloaded. */
const unstored = new Map<string, string>()

export const stored = (key: string): string => `agentlocator.${key}`

export function recall(key: string): string | null {
  const kept = unstored.get(key)
  if (kept !== undefined) return kept
  try {
    return localStorage.getItem(stored(key))
  } catch {
    return null
  }
}

/** Null deletes the value. */
export function remember(key: string, value: string | null): void {
  unstored.delete(key)
  try {
    if (value === null) localStorage.removeItem(stored(key))
    else localStorage.setItem(stored(key), value)
  } catch {
    if (value !== null) unstored.set(key, value)
  }
}

export function setStoredUser(id: number): void {
  userId = id
}

/** 0 before the first session. */
export const storedUser = (): number => userId

const ownKey = (key: string, user = userId) => `own.${user}.${key}`

/**
 * Returns a value that a user has stored in this browser, such as an unsent text. A component that stays mounted for
 * longer passes the user of its first render, because a login in another tab can change the current user before React
 * removes the component.
 */
export const recallOwn = (key: string, user = userId): string | null => recall(ownKey(key, user))

/** Stores a value that other users of this browser must not see; null deletes it. See `recallOwn` for `user`. */
export const rememberOwn = (key: string, value: string | null, user = userId): void =>
  remember(ownKey(key, user), value)

/** Returns the keys of the current user's own values that begin with `prefix`. */
export function ownKeys(prefix: string): string[] {
  const keys = new Set(unstored.keys())
  try {
    for (let at = 0; at < localStorage.length; at++) {
      const key = localStorage.key(at) ?? ''
      if (key.startsWith(stored(''))) keys.add(key.slice(stored('').length))
    }
  } catch {
    // The browser refuses access, so it has stored nothing.
  }
  return [...keys]
    .filter(key => key.startsWith(ownKey(prefix)))
    .map(key => key.slice(ownKey('').length))
    .sort()
}

type OwnChange = (key: string, user: number, value: string | null, before: string | null) => void

/**
 * Adds a function that is called when another tab has changed an own value of a user. Returns a function that removes
 * it.
 */
export function onOwnChange(listener: OwnChange): () => void {
  const listen = ({ key, newValue, oldValue }: StorageEvent) => {
    const [, user, name] = /^agentlocator\.own\.(\d+)\.(.+)$/.exec(key ?? '') ?? []
    if (name !== undefined) listener(name, Number(user), newValue, oldValue)
  }
  globalThis.addEventListener?.('storage', listen)
  return () => globalThis.removeEventListener?.('storage', listen)
}

const forgetters: (() => void)[] = []

/** Adds a function that deletes own values which are only in memory, such as files. `forgetOwn` calls it. */
export const onForgetOwn = (forget: () => void): void => void forgetters.push(forget)

/**
 * Deletes the current user's own values at the end of the session, and drafts that an earlier version of the page
 * stored without a user.
 */
export function forgetOwn(): void {
  for (const forget of forgetters) forget()
  const isOwn = (key: string) => key.startsWith(ownKey('')) || /^(draft|reply)\./.test(key)
  for (const key of [...unstored.keys()].filter(isOwn)) unstored.delete(key)
  try {
    const prefix = stored('')
    const keys = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? '')
    for (const key of keys) {
      if (key.startsWith(prefix) && isOwn(key.slice(prefix.length))) localStorage.removeItem(key)
    }
  } catch {
    // The browser refuses access, so it has stored nothing.
  }
}
