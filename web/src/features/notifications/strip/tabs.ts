// The tabs of one browser agree by locks, which end with a tab however it ends.
const ONE = 'agentlocator.notifier'
const VISIBLE = 'agentlocator.visible'

/** Holds a lock until the returned function is called, also if that is before it is granted. */
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

/** Calls `begin` in one of the tabs alone; when that one is closed, in another. */
export const inOneTab = (begin: () => void): (() => void) => hold(ONE, 'exclusive', begin)

/** Lets the other tabs know while this one is visible. */
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

/** Whether a tab with the page is in view, which shows what is new by itself. */
export async function isInView(): Promise<boolean> {
  if (document.visibilityState === 'visible') return true
  const { held = [] } = await navigator.locks.query()
  return held.some(({ name }) => name === VISIBLE)
}
