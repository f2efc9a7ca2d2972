/**
 * The `Idempotency-Key` of requests that create an item and whose form sets none: a double click, or another try after a
 * lost response, creates no second item.
 *
 * Equal requests have the same key while the first one has no response, and shortly after it. Later, an equal request is
 * meant as another item, such as a second note with the same text.
 */

/** Tokens are left out: the secret is only in the first response, so a repeated request is refused. */
const CREATES =
  /^\/api\/(closures|contacts|contacts\/\d+\/notes|custom-fields|facts|lead-stages|leads|resources|saved-replies|services|tags|tasks|waiting-list)$/

/** How long after a response an equal request is a second click, in ms. */
const SECOND_CLICK_MS = 1000
/** How long after a failure without a response an equal request is another try, in ms. */
const ANOTHER_TRY_MS = 10 * 60_000

interface Entry {
  key: string
  /** When the entry is forgotten; null while a request has no response. */
  until: number | null
}

export function creationKeys(newKey: () => string, now: () => number) {
  const entries = new Map<string, Entry>()
  return {
    /** Returns the key of a request, and a function that is called with its outcome; undefined if it needs no key. */
    of(path: string, body: string | null) {
      if (!CREATES.test(path)) return undefined
      for (const [request, { until }] of entries) if (until !== null && until <= now()) entries.delete(request)
      const request = `${path} ${body ?? ''}`
      const entry = entries.get(request) ?? { key: newKey(), until: null }
      entry.until = null
      entries.set(request, entry)
      const end = (hasResponse: boolean) => {
        entry.until = now() + (hasResponse ? SECOND_CLICK_MS : ANOTHER_TRY_MS)
      }
      return { key: entry.key, end }
    },
  }
}
