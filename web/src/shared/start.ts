import { queryClient } from './api/query'

/** The entry under this path contains the number of the newest change, not a response. */
const EVENTS = '/api/events'

/** The development server embeds none. */
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

/** The embedded responses let the page render without requests. */
export function takeStart(): void {
  const start = responses()
  isOut = start['/api/session'] === null
  for (const [path, response] of Object.entries(start)) {
    if (path === EVENTS) position = typeof response === 'number' ? response : undefined
    else if (response !== null) queryClient.setQueryData([path, {}], response)
  }
}

/** The last change in the page's embedded data; returned only once, for the first event stream. */
export function takePosition(): number | undefined {
  const taken = position
  position = undefined
  return taken
}

/** Returns true if the HTML file was served without a session, until `forgetLoggedOut` is called. */
export const isLoggedOut = (): boolean => isOut

/** From now on the page requests the session from the daemon. */
export function forgetLoggedOut(): void {
  isOut = false
}
