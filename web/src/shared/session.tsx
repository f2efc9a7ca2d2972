import { useLingui } from '@lingui/react'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { client, renewSessionWith, type Schemas, setCsrfToken, unwrap } from './api/client'
import { asApiError } from './api/errors'
import { queryClient } from './api/query'
import { type Formatter, formatterOf } from './format/time'
import { setStoredUser } from './storage'

/** `user` is null for an API token. */
export interface Session {
  user: Schemas['User'] | null
  role: Schemas['Role']
  isOwner: boolean
  business: Schemas['BusinessSummary']
}

/** The query of the session. The login and the set-up fill its data (`startSession`). */
export const sessionQuery = queryOptions({
  queryKey: ['/api/session', {}] as const,
  queryFn: async ({ signal }) => take(await unwrap(client.GET('/api/session', { signal }))),
})

/** The text differs if the user or the role differs. */
export const identityOf = ({ user, role }: Schemas['SessionResponse']): string => `${user?.id ?? ''} ${role}`

const cached = () => queryClient.getQueryData(sessionQuery.queryKey)

/** The token and the owner of the stored values change together: a text is never sent with another user's session. */
export function enterSession({ csrf_token, user }: Schemas['SessionResponse']): void {
  setCsrfToken(csrf_token ?? null)
  setStoredUser(user?.id ?? 0)
}

export function startSession(session: Schemas['SessionResponse']): void {
  enterSession(session)
  queryClient.setQueryData(sessionQuery.queryKey, session)
}

/** Enters a fetched session. If the user or the role has changed, the earlier cached data is dropped. */
function take(answer: Schemas['SessionResponse']): Schemas['SessionResponse'] {
  const before = cached()
  if (before && identityOf(before) !== identityOf(answer)) {
    setCsrfToken(null)
    queryClient.removeQueries({ predicate: ({ queryKey: [path] }) => path !== '/api/session' })
  }
  enterSession(answer)
  return answer
}

renewSessionWith(async () => {
  const before = cached()
  const answer = await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0, retry: false })
  return before !== undefined && identityOf(before) === identityOf(answer)
})

const Context = createContext<Session | null>(null)

export function SessionProvider({ answer, children }: { answer: Schemas['SessionResponse']; children: ReactNode }) {
  const session = useMemo<Session>(
    () => ({
      user: answer.user ?? null,
      role: answer.role,
      isOwner: answer.role === 'owner',
      business: answer.business,
    }),
    [answer],
  )
  return <Context.Provider value={session}>{children}</Context.Provider>
}

/** Throws outside the shell. */
export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('no session here')
  return session
}

export function useFormat(): Formatter {
  const { i18n } = useLingui()
  const zone = useContext(Context)?.business.time_zone ?? 'Asia/Jerusalem'
  return formatterOf(i18n.locale === 'en' ? 'en' : 'he', zone)
}

export const currentCountry = (): string => cached()?.business.default_country ?? 'IL'

export const useCountry = (): string => useContext(Context)?.business.default_country ?? 'IL'

/**
 * The polling interval while no session is known and the daemon does not answer, in ms. The event stream cannot report
 * the recovery, because it starts only with a session.
 */
const RETRY_MS = 3_000

/** Without a session the error has the status 401. */
export const useSessionQuery = (isNeeded: boolean) =>
  useQuery({
    ...sessionQuery,
    enabled: isNeeded,
    retry: false,
    refetchInterval: ({ state }) =>
      state.data === undefined && state.error && asApiError(state.error).isTransient ? RETRY_MS : false,
  })
