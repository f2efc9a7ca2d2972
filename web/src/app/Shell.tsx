import { Trans } from '@lingui/react/macro'
import { Suspense, useEffect, useState } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { queryClient } from '#shared/api/query'
import { Link } from '#shared/components/Link'
import { EmptyState, SkeletonRows } from '#shared/components/states'
import { followChanges } from '#shared/events/stream'
import { sessionQuery } from '#shared/session'
import { Failure } from './Failure'
import { More } from './More'
import { PageBody } from './PageBody'
import { Rail, Tabs } from './Rail'
import { home, Palette, pages, preloadPalette, Shortcuts } from './registry'
import { Strips } from './Strips'
import { useAppKeys } from './shortcuts'

export function Shell() {
  const [path] = useLocation()
  const [isSearching, setSearching] = useState(false)
  useEffect(
    () => followChanges(queryClient, () => void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })),
    [],
  )
  useEffect(preloadPalette, [])
  const [isHelping, setHelping] = useState(false)
  useAppKeys(
    () => setSearching(true),
    () => setHelping(true),
  )
  return (
    <div className="app">
      <a className="btn pen skip" href="#main">
        <Trans>לתוכן</Trans>
      </a>
      <Rail onSearch={() => setSearching(true)} />
      <div className="stage">
        <Strips />
        <div className="view" id="main" tabIndex={-1}>
          <Failure at={path}>
            <Suspense fallback={<SkeletonRows />}>
              <Switch>
                {pages
                  .filter(({ bare }) => !bare)
                  .map(page => (
                    <Route key={page.path} path={page.path}>
                      <PageBody page={page} />
                    </Route>
                  ))}
                <Route path="/app/more">
                  <More onSearch={() => setSearching(true)} />
                </Route>
                <Route path="/app">
                  <Redirect to={home()} replace />
                </Route>
                <Route>
                  <NotFound />
                </Route>
              </Switch>
            </Suspense>
          </Failure>
        </div>
      </div>
      <Tabs />
      {isSearching && <Palette onClose={() => setSearching(false)} onShortcuts={() => setHelping(true)} />}
      {isHelping && <Shortcuts onClose={() => setHelping(false)} />}
    </div>
  )
}

function NotFound() {
  return (
    <main className="page">
      <EmptyState
        heading="h1"
        title={<Trans>אין כאן דף</Trans>}
        action={
          <Link className="btn" href={home()}>
            <Trans>להתחלה</Trans>
          </Link>
        }
      >
        <Trans>ייתכן שהקישור ישן, או שהדבר נמחק.</Trans>
      </EmptyState>
    </main>
  )
}
