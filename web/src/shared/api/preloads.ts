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

/** Returns true if the browser would answer this request with a response that is older than a received change. */
export const takeOutdatedPreload = (url: string): boolean => preloaded.delete(url) && isOutdated
