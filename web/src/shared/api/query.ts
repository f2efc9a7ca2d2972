import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { Cache } from './cache'
import { client, unwrap } from './client'
import { ApiError, TIMEOUT } from './errors'
import type { paths } from './schema'

export type GetPath = {
  [P in keyof paths]: paths[P] extends { get: { responses: { 200: { content: { 'application/json': unknown } } } } }
    ? P
    : never
}[keyof paths]

export type GetData<P extends GetPath> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer D } } } }
}
  ? D
  : never

type Parameters<P extends GetPath> = paths[P] extends { get: { parameters: infer X } } ? X : never
type Query<P extends GetPath> = Parameters<P> extends { query?: infer Q } ? NonNullable<Q> : never
type Path<P extends GetPath> = Parameters<P> extends { path: infer Q } ? Q : undefined

export type GetParams<P extends GetPath> = (Path<P> extends undefined ? { path?: never } : { path: Path<P> }) & {
  query?: Query<P>
  /** The language of the texts in the answer. */
  header?: { 'Accept-Language': string }
}

type Rest<P extends GetPath> = Path<P> extends undefined ? [params?: GetParams<P>] : [params: GetParams<P>]

const get = (path: string, params: unknown, signal: AbortSignal) =>
  unwrap((client.GET as (path: string, init: unknown) => Promise<never>)(path, { params, signal }))

/**
 * Creates the query for a GET. Its key is `[path, params]`, so that the event stream can invalidate it by path; see
 * `events/changes.ts`.
 */
export function apiQuery<P extends GetPath>(path: P, ...[params]: Rest<P>) {
  return queryOptions({
    queryKey: [path, params ?? {}] as const,
    queryFn: ({ signal }) => get(path, params ?? {}, signal) as Promise<GetData<P>>,
  })
}

/** Creates the paginated query for a list with `next_cursor`. `cursorName` is the parameter that takes the cursor. */
export function apiPages<P extends GetPath>(path: P, params: GetParams<P>, cursorName: 'cursor' | 'before' = 'cursor') {
  return infiniteQueryOptions({
    queryKey: [path, params, 'pages'] as const,
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => {
      const query = { ...(params.query as object), ...(pageParam === null ? {} : { [cursorName]: pageParam }) }
      return get(path, { ...params, query }, signal) as Promise<GetData<P>>
    },
    getNextPageParam: page => (page as { next_cursor?: string | null }).next_cursor ?? null,
  })
}

/** The cache of all fetched data. By default, data does not become stale by time: the event stream invalidates it. */
export const queryClient = new Cache({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      networkMode: 'always',
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // A timeout is not retried automatically: after the long wait, the user decides whether to retry.
      retry: (failures, reason) =>
        failures < 2 && reason instanceof ApiError && reason.isTransient && reason.code !== TIMEOUT,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})
