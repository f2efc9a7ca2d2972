import { CONTACT } from './activity'
import { openOrOffer } from './clicks'

/** `href` is the path of the page that a click opens. */
export interface Shown {
  title: string
  body: string
  tag: string
  href: string
}

/** The open notifications of this tab, by tag. */
const open = new Map<string, Notification>()

/** Closes this tab's notifications about contacts that are not in `tags`: a user has handled them. */
export function closeHandled(tags: ReadonlySet<string>): void {
  for (const [tag, shown] of open) {
    if (!tag.startsWith(CONTACT) || tags.has(tag)) continue
    shown.close()
    open.delete(tag)
  }
}

/**
 * A click focuses the page and opens the link; if the page has unsaved changes, the page only offers the link. If the
 * service worker shows the notification, the service worker receives the click (`clicks.tsx`).
 */
export async function show({ title, body, tag, href }: Shown, go: (href: string) => void): Promise<void> {
  // A later notification about the same contact replaces the earlier one, but must make a sound as well.
  const options: NotificationOptions & { renotify: boolean } = {
    body,
    tag,
    dir: 'auto',
    lang: document.documentElement.lang,
    icon: '/app/icon.svg',
    renotify: true,
    // Read by the service worker, which receives the click where pages cannot show notifications themselves.
    data: { url: href },
  }
  try {
    const shown = new Notification(title, options)
    shown.onclick = () => {
      shown.close()
      window.focus()
      openOrOffer(href, go)
    }
    open.set(tag, shown)
  } catch {
    const worker = await navigator.serviceWorker?.getRegistration()
    await worker?.showNotification(title, options)
  }
}
