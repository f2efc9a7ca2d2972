/** The requests that the browser makes because of links in the HTML file, until the page uses their responses. */
const preloaded = new Set(
  globalThis.document
    ? [...document.querySelectorAll<HTMLLinkElement>('link[rel=preload][as=fetch]')].map(({ href }) => href)
    : [],
)
let isOutdated = false

/** The page has received a change, which the preloaded responses may not contain. */
export function outdatePreloads(): void {
  isOutdated = true
}

/** Whether the browser would answer with an outdated preloaded response; true at most once for each URL. */
export const takeOutdatedPreload = (url: string): boolean => preloaded.delete(url) && isOutdated
