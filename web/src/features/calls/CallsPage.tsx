import './calls.css'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useParams } from 'wouter'
import { answeringQuery } from '#shared/answering/useAnswering'
import { queryClient } from '#shared/api/query'
import { EmptyState } from '#shared/components/states'
import { deferred, usePreload } from '#shared/deferred'
import { callPages } from './api'
import { CallList } from './CallList'
import { CallSkeleton } from './CallSkeleton'

const CallView = deferred(async () => (await import('./CallView')).CallView, <CallSkeleton />)

/** With a call in the address, its code is loaded before the page is shown. */
export const prepare = async () => {
  if (/\/calls\/\d+$/.test(location.pathname)) await CallView.preload()
}

export const prefetch = () => [
  queryClient.prefetchInfiniteQuery(callPages({})),
  queryClient.prefetchQuery(answeringQuery),
]

/** A phone shows either the list or a call. */
export default function CallsPage() {
  const { t } = useLingui()
  const { id } = useParams<{ id?: string }>()
  const callId = id && /^\d+$/.test(id) ? Number(id) : null
  useDocumentTitle(t`שיחות`)
  usePreload(CallView)
  return (
    <main className={`split two calls ${callId === null ? '' : 'has-call'}`}>
      <h1 className="vh">
        <Trans>שיחות</Trans>
      </h1>
      <CallList current={callId} />
      <section className="pane call-pane" aria-label={t`השיחה`}>
        {callId === null ? (
          <EmptyState title={<Trans>בחרו שיחה</Trans>}>
            <Trans>
              ההקלטה, התמלול, מה שיצא מהשיחה והעלות שלה יופיעו כאן. <kbd>J</kbd> ו־<kbd>K</kbd> עוברים בין השיחות.
            </Trans>
          </EmptyState>
        ) : (
          <CallView key={callId} id={callId} />
        )}
      </section>
    </main>
  )
}
