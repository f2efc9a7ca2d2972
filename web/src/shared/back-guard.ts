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

export function setOwnStep(isOwn: boolean): void {
  isOwnStep = isOwn
}

// Browsers run the listeners of `window` for this event in the order in which they were added, also capturing ones. The
// router adds its listener when it renders, so this module is imported before.
window.addEventListener('popstate', event => {
  if (!isOwnStep) guard?.(event)
})
