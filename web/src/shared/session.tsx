import { useLingui } from '@lingui/react'
import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import type { Schemas } from './api/client'
import { asApiError } from './api/errors'
import { apiQuery } from './api/query'
import { Formatter } from './format/time'

/** Who is logged in, and for which business. */
export interface Session {
  user: Schemas['User'] | null
  role: Schemas['Role']
  isOwner: boolean
  business: Schemas['BusinessSummary']
}

/** The query of the session; the login and the set-up fill it. */
export const sessionQuery = apiQuery('/api/session')

const Context = createContext<Session | null>(null)

/** Gives the logged-in part of the page its session. */
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

/** The session; only inside the shell. */
export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('no session here')
  return session
}

/** Times and numbers in the page's language and the business's time zone. */
export function useFormat(): Formatter {
  const { i18n } = useLingui()
  const zone = useContext(Context)?.business.time_zone ?? 'Asia/Jerusalem'
  return useMemo(() => new Formatter(i18n.locale === 'en' ? 'en' : 'he', zone), [i18n.locale, zone])
}

/** The business's country, for the national form of phone numbers. */
export const useCountry = (): string => useContext(Context)?.business.default_country ?? 'IL'

/** How often the page asks again while the daemon does not answer; the event stream begins only with a session. */
const RETRY_MS = 3_000

/** The session of this browser; an error with status 401 if there is none. It is requested only if it is needed. */
export const useSessionQuery = (isNeeded: boolean) =>
  useQuery({
    ...sessionQuery,
    enabled: isNeeded,
    retry: false,
    refetchInterval: ({ state }) =>
      state.data === undefined && state.error && asApiError(state.error).isTransient ? RETRY_MS : false,
  })
