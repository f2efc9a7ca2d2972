import { queryClient } from './api/query'

/** Under it stands the number of the newest change, not a response. */
const EVENTS = '/api/events'

/** The responses that came with the HTML file, by path; the development server gives none. */
function responses(): Record<string, unknown> {
  try {
    const start: unknown = JSON.parse(document.getElementById('start')?.textContent ?? '{}')
    return typeof start === 'object' && start ? (start as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

let isOut = false
let position: number | undefined

/** Puts them in the cache, so that the page is drawn without requests. */
export function takeStart(): void {
  const start = responses()
  isOut = start['/api/session'] === null
  for (const [path, response] of Object.entries(start)) {
    if (path === EVENTS) position = typeof response === 'number' ? response : undefined
    else if (response !== null) queryClient.setQueryData([path, {}], response)
  }
}

/** The last change that all data of this page contains, once: for its first event stream. */
export function takePosition(): number | undefined {
  const taken = position
  position = undefined
  return taken
}

/** Returns true if the HTML file came without a session, until the page has acted on it. */
export const isLoggedOut = (): boolean => isOut

/** After this the page asks the daemon. */
export function forgetLoggedOut(): void {
  isOut = false
}
