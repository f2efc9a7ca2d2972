type Guard = (event: PopStateEvent) => void

let guard: Guard | undefined
/** Whether the page itself goes back, which needs no question. */
let isOwnStep = false

/**
 * Lets `run` handle the browser's back and forward buttons before the router does. `run` can stop the event, so that
 * nothing is rendered at the other address. Returns a function that removes `run`.
 */
export function guardBack(run: Guard): () => void {
  guard = run
  return () => {
    if (guard === run) guard = undefined
  }
}

let isReturned = false

/** Whether the user has come to this page by the browser's back or forward button. */
export const isReturn = (): boolean => isReturned

export function setOwnStep(isOwn: boolean): void {
  isOwnStep = isOwn
}

// Browsers run the listeners of `window` for this event in the order in which they were added, also capturing ones. The
// router adds its listener when it renders, so this module is imported before.
window.addEventListener('popstate', event => {
  isReturned = true
  if (!isOwnStep) guard?.(event)
})
// An event of the router.
window.addEventListener('pushState', () => {
  isReturned = false
})
