import { useEffect, useEffectEvent } from 'react'
import { useLocation } from 'wouter'
import { hasUnsaved } from '#shared/unsaved'

/** The request of the service worker (`public/sw.js`) after a click on a notification that it has shown. */
interface Click {
  type: 'open'
  /** The path of the page to open. */
  href: string
  /** When the service worker stops to wait for the answer (Unix ms). */
  until: number
}

/**
 * Opens the path that a click names, and answers true; answers false if the page has unsaved changes. A frozen tab
 * receives the request when it continues, after the service worker has opened another tab: then nothing happens.
 */
export function answerClick({ data, ports }: Pick<MessageEvent, 'data' | 'ports'>, go: (href: string) => void): void {
  const { type, href, until } = data as Click
  if (type !== 'open' || Date.now() > until) return
  const isFree = !hasUnsaved()
  if (isFree) go(href)
  ports[0]?.postMessage(isFree)
}

/** Handles clicks on the notifications that the service worker has shown. */
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
