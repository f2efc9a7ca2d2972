import { queryClient } from './api/query'

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

/** Puts them in the cache, so that the page is drawn without requests. */
export function takeStart(): void {
  const start = responses()
  isOut = start['/api/session'] === null
  for (const [path, response] of Object.entries(start)) {
    if (response !== null) queryClient.setQueryData([path, {}], response)
  }
}

/** Returns true if the HTML file came without a session, until the page has acted on it. */
export const isLoggedOut = (): boolean => isOut

/** After this the page asks the daemon. */
export function forgetLoggedOut(): void {
  isOut = false
}
