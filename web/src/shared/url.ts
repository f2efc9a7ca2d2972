import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** Query parameters to set; `null`, `undefined` and '' remove a parameter. */
export type UrlChange = Record<string, string | number | null | undefined>

export const idOf = (text: string | null): number | null => (text && /^\d+$/.test(text) ? Number(text) : null)

/** Whether a path is one of the shell. After a login only these are opened, to prevent an open redirect. */
export const isInside = (path: string): boolean => /^\/(app\/|calendar(\?|$))/.test(path)

/** Returns the query parameters after a change. */
export function changed(before: URLSearchParams, change: UrlChange): URLSearchParams {
  const next = new URLSearchParams(before)
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === undefined || value === '') next.delete(name)
    else next.set(name, String(value))
  }
  return next
}

/**
 * Stores the state of a list or page in query parameters, so that links and the browser's back button restore it. A
 * change replaces the current history entry if `replaces` is true; otherwise it adds one. The second argument of the
 * returned function overrides `replaces` for one change.
 */
export function useUrl(replaces = true): [URLSearchParams, (change: UrlChange, replace?: boolean) => void] {
  const [params, setParams] = useSearchParams()
  const change = useCallback(
    (change: UrlChange, replace = replaces) => setParams(before => changed(before, change), { replace }),
    [setParams, replaces],
  )
  return [params, change]
}
