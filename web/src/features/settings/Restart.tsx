import { Plural, Trans } from '@lingui/react/macro'
import { IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { Problem } from '#shared/components/Problem'
import { useConnection } from '#shared/events/stream'
import { useSession } from '#shared/session'
import type { Item } from './sections'

const status = apiQuery('/api/restart')
const ask = () => void queryClient.invalidateQueries({ queryKey: status.queryKey })

export function Restart({ items }: { items: readonly Item[] }) {
  const { isOwner } = useSession()
  const [phase, setPhase] = useState<'asked' | 'away' | 'back'>()
  const connection = useConnection()
  const pending = items.filter(({ restart_pending }) => restart_pending)
  // The old process still accepts connections while it shuts down. If the page has reconnected to it, it must wait for
  // another reconnection.
  const wasEarly = phase === 'back' && pending.length > 0
  useEffect(() => {
    if ((phase === 'asked' || wasEarly) && connection === 'lost') setPhase('away')
    if (phase === 'away' && connection === 'open') {
      setPhase('back')
      void queryClient.invalidateQueries()
    }
  }, [phase, wasEarly, connection])
  if (phase === 'asked' || phase === 'away') {
    return (
      <div role="status">
        <Problem icon={IconRefresh} level="plain" title={<Trans>המערכת מופעלת מחדש…</Trans>}>
          <Trans>זה לוקח כמה שניות. אפשר להישאר כאן.</Trans>
        </Problem>
      </div>
    )
  }
  if (pending.length === 0) {
    return phase === 'back' ? (
      <p className="link-state ok" role="status">
        <Trans>המערכת חזרה, וכל ההגדרות בתוקף.</Trans>
      </p>
    ) : null
  }
  return isOwner ? <Offer count={pending.length} onStart={() => setPhase('asked')} /> : null
}

function Offer({ count, onStart }: { count: number; onStart: () => void }) {
  const query = useQuery({ ...status, staleTime: 0 })
  const [calls, setCalls] = useState<number>()
  const begin = useAction({
    run: (when: 'now' | 'after_calls') => unwrap(client.POST('/api/restart', { body: { when } })),
    onDone: answer => {
      setCalls(undefined)
      queryClient.setQueryData(status.queryKey, answer)
      if (!answer.waiting) onStart()
    },
    onError: ({ code, params }) => {
      if (code === 'calls_active') setCalls(Number(params.calls))
      if (code === 'not_supervised') ask()
      return code === 'calls_active' || code === 'not_supervised'
    },
  })
  const cancel = useAction({ run: () => unwrap(client.DELETE('/api/restart')), onDone: ask })
  const known = query.data
  return (
    <Problem
      icon={IconRefresh}
      title={
        <Plural
          value={count}
          one="הגדרה אחת מחכה להפעלה מחדש"
          two="שתי הגדרות מחכות להפעלה מחדש"
          other="# הגדרות מחכות להפעלה מחדש"
        />
      }
      action={known?.supported && <Buttons status={known} calls={calls} begin={begin} cancel={() => cancel.mutate()} />}
    >
      {known && <Text status={known} calls={calls} />}
    </Problem>
  )
}

interface ButtonsProps {
  status: Schemas['RestartStatus']
  calls: number | undefined
  begin: { mutate: (when: 'now' | 'after_calls') => void; isPending: boolean }
  cancel: () => void
}

function Buttons({ status: { waiting }, calls, begin, cancel }: ButtonsProps) {
  if (waiting) {
    return (
      <button className="btn" type="button" onClick={cancel}>
        <Trans>לא להפעיל מחדש</Trans>
      </button>
    )
  }
  return (
    <button
      className="btn"
      type="button"
      disabled={begin.isPending}
      onClick={() => begin.mutate(calls ? 'after_calls' : 'now')}
    >
      {calls ? <Trans>כשהשיחות ייגמרו</Trans> : <Trans>להפעיל מחדש</Trans>}
    </button>
  )
}

function Text({ status, calls }: { status: Schemas['RestartStatus']; calls: number | undefined }) {
  if (!status.supported) {
    return (
      <Trans>
        המערכת לא הופעלה כאן כשירות, ולכן מפעילים אותה מחדש במקום שבו הופעלה. כשירות:{' '}
        <code dir="ltr">sudo systemctl restart agentlocator</code>
      </Trans>
    )
  }
  if (status.waiting) return <Trans>ההפעלה מחדש תהיה כשהשיחות ייגמרו.</Trans>
  if (calls) {
    return <Plural value={calls} one="יש שיחה אחת עכשיו." two="יש שתי שיחות עכשיו." other="יש # שיחות עכשיו." />
  }
  return <Trans>שיחות שייכנסו בזמן ההפעלה מחכות כמה שניות, ונענות.</Trans>
}
