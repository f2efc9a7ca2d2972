import { Trans } from '@lingui/react/macro'
import { useEffect, useEffectEvent } from 'react'
import { useLocation } from 'wouter'
import { toast } from '#shared/components/toasts'
import { hasUnsaved } from '#shared/unsaved'

/** The request of the service worker (`public/sw.js`) after a click on a notification that it has shown. */
interface Click {
  type: 'open'
  /** The path of the page to open. */
  href: string
  /** When the service worker stops waiting for the answer (Unix ms). */
  until: number
}

/** Opens the path of a notification; if the page has unsaved changes, only offers to open it. */
export function openOrOffer(href: string, go: (href: string) => void): void {
  if (!hasUnsaved()) {
    go(href)
    return
  }
  toast.offer(<Trans>בדף הזה יש שינויים שלא נשמרו</Trans>, <Trans>לעבור בכל זאת</Trans>, () => go(href))
}

/**
 * Opens the path that a click names, or offers to open it, and asks the service worker to focus this tab. A frozen tab
 * receives the request only when it continues, after the service worker has opened another tab; it then does nothing.
 */
export function answerClick({ data, ports }: Pick<MessageEvent, 'data' | 'ports'>, go: (href: string) => void): void {
  const { type, href, until } = data as Click
  if (type !== 'open' || Date.now() > until) return
  openOrOffer(href, go)
  ports[0]?.postMessage(true)
}

export function useClicks(): void {
  const [, go] = useLocation()
  const answer = useEffectEvent((event: MessageEvent) => answerClick(event, go))
  useEffect(() => {
    const listen = (event: MessageEvent) => answer(event)
    // Browsers have no service worker over plain http.
    const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker
    workers?.addEventListener('message', listen)
    return () => workers?.removeEventListener('message', listen)
  }, [])
}
