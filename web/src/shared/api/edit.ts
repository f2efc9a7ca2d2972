import { useRef, useState } from 'react'
import { ifMatch, knownEtag } from './client'
import type { ApiError } from './errors'

/** What a form needs to change an item that another user may change meanwhile. */
export interface Edit<T> {
  /** The headers of the request: it fails with `changed` if the item is no longer the one that the form began with. */
  headers: () => Record<string, string>
  /** The item as another user has saved it; while it is there, the user decides whose stays. */
  theirs: T | undefined
  /** The item of another user over which the form has saved, or is about to; the undo restores it. */
  replaced: () => T | undefined
  /** Handles the refusal of a change (`onError` of `useAction`); true if it was one because another user was first. */
  refused: (error: ApiError) => boolean
  /** Lets the form save over the other version, which the user has now seen. */
  takeMine: () => void
  /** Keeps the version of the other user, which the user has now seen: the next change is based on it. */
  takeTheirs: () => void
}

/**
 * Begins an edit of the version that `etag` names. After a refusal it is based on the version that was shown.
 * A button beside an item `follows` the version on the screen; a form stays with the one that it began with.
 */
export function useEdit<T>(etag: string | undefined, { follows = false } = {}): Edit<T> {
  const first = useRef(etag)
  const version = useRef<string>(undefined)
  const replaced = useRef<T>(undefined)
  const [theirs, setTheirs] = useState<T>()
  return {
    headers: () => {
      const known = version.current
      // A new attempt: whether another user was first is for its answer to say.
      setTheirs(undefined)
      if (known === undefined) replaced.current = undefined
      // The version that was shown after a refusal is for the next attempt: what follows it is based on the screen again.
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
 * The item at `path` as its form begins with it. What others save meanwhile replaces it only while nothing was changed in the form, so
 * nothing that was typed is lost, and saving it finds out.
 */
export function useBase<T>(current: T, path: string) {
  const [base, setBase] = useState(() => ({ item: current, etag: knownEtag(path) }))
  const [isDirty, setDirty] = useState(false)
  const key = JSON.stringify(base.item)
  if (!isDirty && JSON.stringify(current) !== key) setBase({ item: current, etag: knownEtag(path) })
  return { ...base, key, setDirty }
}
