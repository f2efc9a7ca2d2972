import { hasUnsaved } from '#shared/unsaved'
import { CONTACT } from './news'

/** What a notification shows. */
export interface Shown {
  title: string
  body: string
  tag: string
  href: string
}

/** Those that this tab shows, by their tags. */
const open = new Map<string, Notification>()

/** Closes those about contacts whose tags are not among these any more: someone has seen to them. */
export function closeHandled(tags: ReadonlySet<string>): void {
  for (const [tag, shown] of open) {
    if (!tag.startsWith(CONTACT) || tags.has(tag)) continue
    shown.close()
    open.delete(tag)
  }
}

/** Shows a notification; a click brings the page to the front, at its address. What is not saved there stays, and another tab opens. */
export async function show({ title, body, tag, href }: Shown, go: (href: string) => void): Promise<void> {
  // A later one about the same contact makes a sound as well, though it takes the place of the earlier.
  const options: NotificationOptions & { renotify: boolean } = {
    body,
    tag,
    dir: 'auto',
    lang: document.documentElement.lang,
    icon: '/app/icon.svg',
    renotify: true,
    // For the service worker, which receives the click where the page itself may not notify.
    data: { url: href },
  }
  try {
    const shown = new Notification(title, options)
    shown.onclick = () => {
      shown.close()
      if (hasUnsaved()) {
        window.open(href, '_blank')
        return
      }
      window.focus()
      go(href)
    }
    open.set(tag, shown)
  } catch {
    const worker = await navigator.serviceWorker?.getRegistration()
    await worker?.showNotification(title, options)
  }
}
