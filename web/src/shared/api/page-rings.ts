import { useQuery } from '@tanstack/react-query'
import type { Schemas } from './client'
import { apiQuery } from './query'

export type PageRing = Schemas['PageRing']

/** Returns the calls whose callers ask for a person, and that ring for this user. Only live calls ring. */
export function usePageRings(hasLiveCall: boolean): readonly PageRing[] {
  const { data } = useQuery({ ...apiQuery('/api/page-rings'), enabled: hasLiveCall })
  return hasLiveCall ? (data?.rings ?? []) : []
}
