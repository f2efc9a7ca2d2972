// The tabs of a browser coordinate with Web Locks, which are released when a tab ends for any reason.
const ONE = 'agentlocator.notifier'
const VISIBLE = 'agentlocator.visible'

/**
 * Requests a lock, and holds it until the returned function is called. If that happens before the lock is granted, the
 * lock is released at once, and `granted` is not called.
 */
function hold(name: string, mode: LockMode, granted?: () => void): () => void {
  let end = () => {}
  let hasEnded = false
  const ended = new Promise<void>(resolve => {
    end = () => {
      hasEnded = true
      resolve()
    }
  })
  navigator.locks
    .request(name, { mode }, () => {
      if (!hasEnded) granted?.()
      return ended
    })
    .catch(() => undefined)
  return end
}

/** Calls `begin` in only one tab. When that tab is closed or calls the returned function, calls `begin` in another. */
export const inOneTab = (begin: () => void): (() => void) => hold(ONE, 'exclusive', begin)

/** Holds a shared lock while this tab is visible, for `isInView` in other tabs. The returned function stops this. */
export function announceVisible(): () => void {
  let leave: (() => void) | undefined
  const adapt = () => {
    leave?.()
    leave = document.visibilityState === 'visible' ? hold(VISIBLE, 'shared') : undefined
  }
  adapt()
  document.addEventListener('visibilitychange', adapt)
  return () => {
    document.removeEventListener('visibilitychange', adapt)
    leave?.()
  }
}

/** The visible tab shows new events itself. */
export async function isInView(): Promise<boolean> {
  if (document.visibilityState === 'visible') return true
  const { held = [] } = await navigator.locks.query()
  return held.some(({ name }) => name === VISIBLE)
}
