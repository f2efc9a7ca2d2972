import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** Parts of the address to set; `null`, `undefined` and '' remove one. */
export type UrlChange = Record<string, string | number | null | undefined>

/** The number that a part of the address is; none if it is not an id. */
export const idOf = (text: string | null): number | null => (text && /^\d+$/.test(text) ? Number(text) : null)

/**
 * What a list or a page shows, as parts of the address, so that a link and the browser's back button lead there. A change `replaces`
 * the entry of the history, or adds one.
 */
export function useUrl(replaces = true): [URLSearchParams, (change: UrlChange, replace?: boolean) => void] {
  const [params, setParams] = useSearchParams()
  const change = useCallback(
    (change: UrlChange, replace = replaces) =>
      setParams(
        before => {
          const next = new URLSearchParams(before)
          for (const [name, value] of Object.entries(change)) {
            if (value === null || value === undefined || value === '') next.delete(name)
            else next.set(name, String(value))
          }
          return next
        },
        { replace },
      ),
    [setParams, replaces],
  )
  return [params, change]
}
