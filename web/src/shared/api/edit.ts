import { useRef, useState } from 'react'
import { ifMatch, knownEtag } from './client'
import { ApiError } from './errors'

/** Optimistic locking for a form or button that changes an item which another user may change at the same time. */
export interface Edit<T> {
  /**
   * Returns the headers of the request. With them the request fails with the code `changed` if the item is no longer
   * the version on which the edit is based.
   */
  headers: () => Record<string, string>
  /** The version that another user has saved. While it is set, the user must choose between the two versions. */
  theirs: T | undefined
  /** Returns the other user's version that the form has overwritten or is about to overwrite; an undo restores it. */
  replaced: () => T | undefined
  /**
   * Handles the error of a change (`onError` of `useAction`). Returns true if the error was a conflict with another
   * user's change.
   */
  refused: (error: ApiError) => boolean
  /** Keeps the user's own version: the next save overwrites the other version. */
  takeMine: () => void
  /** Keeps the other user's version: the next change is based on it. */
  takeTheirs: () => void
}

/**
 * Starts an edit of the version that `etag` names. After a conflict the edit is based on the version that was shown.
 * With `follows` (for a button beside an item) the edit is based on the version on the screen; without it (for a form)
 * on the first version.
 */
export function useEdit<T>(etag: string | undefined, { follows = false } = {}): Edit<T> {
  const first = useRef(etag)
  const version = useRef<string>(undefined)
  const replaced = useRef<T>(undefined)
  const [theirs, setTheirs] = useState<T>()
  return {
    headers: () => {
      const known = version.current
      // This is a new attempt: only its response can tell whether there is a conflict.
      setTheirs(undefined)
      if (known === undefined) replaced.current = undefined
      // The version shown after a conflict is valid for one attempt only; later attempts are based on the screen again.
      if (follows) version.current = undefined
      return ifMatch(known ?? (follows ? etag : first.current))
    },
    theirs,
    replaced: () => replaced.current,
    refused: error => {
      if (error.code !== 'changed') return false
      version.current = error.etag
      replaced.current = error.current as T
      setTheirs(replaced.current)
      return true
    },
    takeMine: () => setTheirs(undefined),
    takeTheirs: () => setTheirs(undefined),
  }
}

/**
 * Sends a change of one part of an item. The version covers the whole item: if another user has changed only other parts
 * of it, there is no real conflict, and the request is repeated with the current version. `isSame` returns true if the
 * current item still has the part on which the change is based.
 */
export const sendPart = <T, R>(
  send: (headers: Record<string, string>) => Promise<R>,
  headers: Record<string, string>,
  isSame: (current: T) => boolean,
): Promise<R> =>
  send(headers).catch(reason => {
    const isChanged = reason instanceof ApiError && reason.code === 'changed' && reason.current
    if (isChanged && isSame(reason.current as T)) return send(ifMatch(reason.etag))
    throw reason
  })

/**
 * Returns the item at `path` as the base of a form. A newer version from the daemon replaces the base only while the
 * form is unchanged. Otherwise the input is kept, and saving detects the conflict.
 */
export function useBase<T>(current: T, path: string) {
  const [base, setBase] = useState(() => ({ item: current, etag: knownEtag(path) }))
  const [isDirty, setDirty] = useState(false)
  const key = JSON.stringify(base.item)
  if (!isDirty && JSON.stringify(current) !== key) setBase({ item: current, etag: knownEtag(path) })
  return { ...base, key, setDirty }
}
