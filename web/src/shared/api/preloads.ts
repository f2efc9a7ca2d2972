/** The requests that the browser makes because of links in the HTML file, until the page uses their responses. */
const preloaded = new Set(
  globalThis.document
    ? [...document.querySelectorAll<HTMLLinkElement>('link[rel=preload][as=fetch]')].map(({ href }) => href)
    : [],
)
let isOutdated = false

/** Records that the page has received a change, which the preloaded responses may not contain. */
export function outdatePreloads(): void {
  isOutdated = true
}

/**
 * Returns true if the browser would answer this request with a preloaded response that may be older than a received
 * change. Returns true at most once for each URL, because the browser uses a preloaded response only once.
 */
export const takeOutdatedPreload = (url: string): boolean => preloaded.delete(url) && isOutdated
