// The service worker makes the page installable, and handles clicks on the notifications that it shows where pages
// cannot show them. It caches nothing: the page must always be the version that the daemon serves.
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))
self.addEventListener('notificationclick', event => {
  event.notification.close()
  event.waitUntil(open(event.notification.data?.url ?? '/app/'))
})

/** How long a tab may take to answer, in ms. Firefox lets a click open a window only for one second. */
const ANSWER_MS = 700

/**
 * Lets the tab that was focused last open the path, and focuses it; opens a new tab if there is none or it does not
 * answer. A tab with unsaved changes only offers the path and answers too: an installed page has one window, which
 * `openWindow` would navigate. The tab is asked first, because a click can focus or open only one window.
 */
async function open(href) {
  const [tab] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  return tab && (await answers(tab, href)) ? tab.focus() : self.clients.openWindow(href)
}

/** Asks a tab to open the path (`src/features/notifications/strip/clicks.tsx`). Resolves with true if it answers. */
function answers(tab, href) {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => resolve(true)
    setTimeout(resolve, ANSWER_MS, false)
    tab.postMessage({ type: 'open', href, until: Date.now() + ANSWER_MS }, [port2])
  })
}
