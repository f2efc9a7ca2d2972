import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { apiQuery } from '#shared/api/query'

/** The prefix of the page's title with the count. */
const COUNT = /^\(\d+\) /

/** Shows the number of waiting conversations in the tab's title and on the icon of the installed page. */
export function useCount(): void {
  const count = useQuery(apiQuery('/api/threads/counts')).data?.waiting ?? 0
  useEffect(() => {
    const title = document.querySelector('title')
    if (!title) return
    const set = (waiting: number) => {
      const bare = document.title.replace(COUNT, '')
      const wanted = waiting > 0 ? `(${waiting}) ${bare}` : bare
      if (document.title !== wanted) document.title = wanted
    }
    set(count)
    // Each page sets its own title without the count, so the count is added again.
    const observer = new MutationObserver(() => set(count))
    observer.observe(title, { childList: true })
    return () => {
      observer.disconnect()
      set(0)
    }
  }, [count])
  useEffect(() => {
    if (!('setAppBadge' in navigator)) return
    const clear = () => navigator.clearAppBadge().catch(() => undefined)
    if (count === 0) void clear()
    else navigator.setAppBadge(count).catch(() => undefined)
    return () => void clear()
  }, [count])
}
