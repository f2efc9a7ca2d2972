import { useEffect, useState } from 'react'

/**
 * Whether this browser can notify. `insecure`: the browser refuses on an unencrypted origin. `missing`: the browser has
 * no notifications, no Web Locks, or no shared workers, without which a hidden tab receives no events.
 */
export type Support = 'yes' | 'insecure' | 'missing'

export function support(): Support {
  if (!window.isSecureContext) return 'insecure'
  return 'Notification' in window && 'locks' in navigator && typeof SharedWorker !== 'undefined' ? 'yes' : 'missing'
}

const current = (): NotificationPermission => (support() === 'yes' ? Notification.permission : 'denied')

/** Returns the permission, and a function that requests it. Browsers show the request only after a click. */
export function usePermission(): [NotificationPermission, () => Promise<NotificationPermission>] {
  const [permission, set] = useState(current)
  useEffect(() => {
    if (support() !== 'yes') return
    const control = new AbortController()
    const follow = () => set(current())
    // The user may change the permission in the browser's settings while the page is open.
    addEventListener('focus', follow, { signal: control.signal })
    navigator.permissions
      ?.query({ name: 'notifications' })
      .then(status => status.addEventListener('change', follow, { signal: control.signal }))
      .catch(() => undefined)
    return () => control.abort()
  }, [])
  const ask = async () => {
    const answer = await Notification.requestPermission()
    set(answer)
    return answer
  }
  return [permission, ask]
}
