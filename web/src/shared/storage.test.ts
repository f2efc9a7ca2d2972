import { expect, test, vi } from 'vitest'
import { forgetOwn, recall, recallOwn, remember, rememberOwn, setStoredUser } from './storage'

function fakeStorage() {
  const items = new Map<string, string>()
  return {
    get length() {
      return items.size
    },
    key: (at: number) => [...items.keys()][at] ?? null,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}

for (const isAllowed of [true, false]) {
  test(`unsent texts belong to one user, and end with the session, ${isAllowed ? 'stored' : 'refused'}`, () => {
    vi.stubGlobal('localStorage', isAllowed ? fakeStorage() : undefined)
    remember('language', 'en')
    remember('draft.5', 'of an earlier version')
    setStoredUser(1)
    rememberOwn('draft.5', 'of the first')
    setStoredUser(12)
    expect(recallOwn('draft.5')).toBeNull()
    rememberOwn('draft.5', '')
    setStoredUser(1)
    expect(recallOwn('draft.5')).toBe('of the first')
    forgetOwn()
    expect(recallOwn('draft.5')).toBeNull()
    expect(recall('draft.5')).toBeNull()
    expect(recall('language')).toBe('en')
    setStoredUser(12)
    expect(recallOwn('draft.5')).toBe('')
    forgetOwn()
    vi.unstubAllGlobals()
  })
}
