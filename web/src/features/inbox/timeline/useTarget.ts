import { useCallback, useEffect, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import type { Target } from './Timeline'
import type { TimelineState } from './useTimeline'

/** The entry that the URL names (`?message=7`, `?call=3`, `?note=5`), or to which a quote leads. */
export function useTarget(reach: TimelineState['reach'], isReady: boolean) {
  const [search] = useSearchParams()
  const kind = ['message', 'call', 'note'].find(kind => search.get(kind))
  const named = kind ? `${kind}-${search.get(kind)}` : null
  const linked = useMemo(() => (named === null ? null : { key: named }), [named])
  const [target, setTarget] = useState<Target | null>(linked)
  const [found, setFound] = useState(named)
  useEffect(() => {
    setTarget(linked)
    setFound(linked?.key ?? null)
  }, [linked])
  useEffect(() => {
    if (!isReady || target === null) return
    const asked = new AbortController()
    reach(target, asked.signal).catch(() => undefined)
    const timer = setTimeout(() => setFound(null), 4_000)
    return () => {
      asked.abort()
      clearTimeout(timer)
    }
  }, [target, isReady, reach])
  const jumpTo = useCallback((id: number) => {
    const key = `message-${id}`
    setTarget({ key })
    setFound(key)
  }, [])
  return { target, found, jumpTo }
}
