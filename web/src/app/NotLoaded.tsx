import { Trans } from '@lingui/react/macro'
import { useEffect, useState } from 'react'
import { useConnection } from '#shared/events/stream'
import { hasNewVersion } from '#shared/page-version'

/** The interval at which an unreachable daemon is polled, in ms. */
const RETRY_MS = 3_000
/**
 * The minimum age of the document, in ms, at which it is reloaded automatically for the second time. The first reload
 * is immediate. Doubled with each reload, because a reload stops a slow download of the code.
 */
const MIN_AGE_MS = 30_000
const MAX_AGE_MS = 32 * MIN_AGE_MS
/** The number of consecutive automatic reloads. */
const RELOADS = 'agentlocator.reloads'

/**
 * Replaces a page whose code could not be loaded. As soon as the daemon answers, calls `retry` once and, if loading
 * fails again, reloads the page. If the daemon serves a new version, the user decides when to reload.
 */
export function NotLoaded({ retry, attempts }: { retry: () => void; attempts: number }) {
  const connection = useConnection()
  const [isNew, setNew] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the connection asks at once
  useEffect(() => {
    const asked = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    const ask = async () => {
      const answer = await hasNewVersion(asked.signal)
      if (asked.signal.aborted) return
      setNew(answer === true)
      if (answer === undefined) timer = setTimeout(ask, RETRY_MS)
      // Some browsers cache a failed import until the page is reloaded, so after one retry only a reload helps.
      else if (!answer && attempts === 0) retry()
      else if (!answer) {
        const wait = minAge() - performance.now()
        if (wait <= 0) reload()
        else timer = setTimeout(ask, wait)
      }
    }
    void ask()
    addEventListener('online', ask)
    return () => {
      asked.abort()
      clearTimeout(timer)
      removeEventListener('online', ask)
    }
  }, [connection])
  return (
    <main>
      <div className="empty" role="alert">
        <h1>{isNew ? <Trans>יש גרסה חדשה של הדף</Trans> : <Trans>הדף עוד לא נטען</Trans>}</h1>
        <p>
          {isNew ? (
            <Trans>הגרסה שפתוחה כאן כבר לא על המכונה. רענון טוען את החדשה.</Trans>
          ) : (
            <Trans>אין חיבור למכונה. הדף ייפתח לבד כשהחיבור יחזור.</Trans>
          )}
        </p>
        <button className="btn pen" type="button" onClick={isNew ? () => location.reload() : retry}>
          {isNew ? <Trans>רענון</Trans> : <Trans>לנסות שוב</Trans>}
        </button>
      </div>
    </main>
  )
}

function minAge(): number {
  const count = reloads()
  return count === 0 ? 0 : Math.min(MIN_AGE_MS * 2 ** (count - 1), MAX_AGE_MS)
}

/** Returns 1 if the browser has no storage, so that each document waits. */
function reloads(): number {
  try {
    return Number(sessionStorage.getItem(RELOADS))
  } catch {
    return 1
  }
}

function reload(): void {
  try {
    sessionStorage.setItem(RELOADS, String(performance.now() < MAX_AGE_MS ? reloads() + 1 : 1))
  } catch {
    // Without storage, each document waits for the same time.
  }
  location.reload()
}
