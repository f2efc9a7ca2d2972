import { useQuery } from '@tanstack/react-query'
import { Suspense, useEffect } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { setCsrfToken, whenUnauthorized } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { apiQuery, queryClient } from '#shared/api/query'
import { ErrorState } from '#shared/components/states'
import { enterSession, identityOf, SessionProvider, sessionQuery, useSessionQuery } from '#shared/session'
import { forgetLoggedOut, isLoggedOut } from '#shared/start'
import { remember } from '#shared/storage'
import { isInside } from '#shared/url'
import { PageBody } from './PageBody'
import { home, pages, shell } from './registry'

const isBarePath = (path: string): boolean => pages.some(page => page.bare && page.path === path)

/**
 * Renders pages without the shell, such as the login, by their path. Other paths show the shell if there is a session,
 * redirect to the set-up or the login if there is none, and show an error if the daemon does not say which.
 */
export function Gate() {
  const [path, go] = useLocation()
  const isBare = isBarePath(path)
  const session = useSessionQuery(!isBare && !isLoggedOut())
  const answer = session.data
  useEffect(() => {
    setCsrfToken(answer?.csrf_token ?? null)
    if (answer?.business.name) remember('business', answer.business.name)
  }, [answer])
  useEffect(
    () =>
      whenUnauthorized(() => {
        setCsrfToken(null)
        queryClient.clear()
        void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
        // After a logout, a request that was still running can be refused too.
        if (isBarePath(location.pathname)) return
        go(loginPath(location.pathname + location.search, { hasEnded: true }), { replace: true })
      }),
    [go],
  )
  if (isBare) return <BarePages />
  if (answer) {
    // During the render, so that the token and the user's id are present before the shell's first request; an effect
    // would run too late.
    enterSession(answer)
    return (
      // The key discards the state of components that belongs to another user.
      <SessionProvider key={identityOf(answer)} answer={answer}>
        <Suspense>
          <shell.Component />
        </Suspense>
      </SessionProvider>
    )
  }
  if (isLoggedOut()) return <Entrance />
  if (!session.error) return null
  if (asApiError(session.error).status === 401) return <Entrance />
  return (
    <main>
      <ErrorState error={session.error} retry={() => void session.refetch()} />
    </main>
  )
}

/** A new machine is sent to the set-up. */
function Entrance() {
  const [path] = useLocation()
  const setup = useQuery({ ...apiQuery('/api/setup'), retry: false })
  useEffect(() => forgetLoggedOut, [])
  if (setup.isPending) return null
  if (setup.data?.needed) return <Redirect to={`/setup${location.hash}`} replace />
  return <Redirect to={loginPath(path + location.search)} replace />
}

interface Reason {
  /** Whether the session ended while the page was open. */
  hasEnded?: boolean
}

/** `path` is the page to open afterwards, if it is a page of the shell. */
function loginPath(path: string, { hasEnded = false }: Reason = {}): string {
  const params = new URLSearchParams({ ...(isInside(path) && { to: path }), ...(hasEnded && { ended: '1' }) })
  return `/login?${params}`.replace(/\?$/, '')
}

function BarePages() {
  return (
    <Suspense>
      <Switch>
        {pages
          .filter(({ bare }) => bare)
          .map(page => (
            <Route key={page.path} path={page.path}>
              <PageBody page={page} />
            </Route>
          ))}
        <Redirect to={home()} replace />
      </Switch>
    </Suspense>
  )
}
