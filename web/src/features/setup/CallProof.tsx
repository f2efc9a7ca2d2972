import { Trans, useLingui } from '@lingui/react/macro'
import { IconPhoneIncoming } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Name, Phone, Plain } from '#shared/components/text'
import { progressQuery } from './strip/progress'

interface Props {
  /** The number that must have forwarded the call. If undefined, any incoming call that the agent answers counts. */
  forwardedBy?: string
  /** The instructions, shown until a call arrives. */
  children: ReactNode
}

/** Outgoing calls verify nothing; the newest few calls can contain some. */
const NEWEST = apiQuery('/api/calls', { query: { limit: 20 } })

export function CallProof({ forwardedBy, children }: Props) {
  const { data } = useQuery(NEWEST)
  const newest = data?.calls.find(({ direction }) => direction === 'in')
  // The newest call when the step was opened. Only a later call counts.
  const [before, setBefore] = useState<number | null>()
  if (data && before === undefined) setBefore(newest?.id ?? null)
  const latest = newest && before !== undefined && newest.id !== before ? newest : undefined
  const progress = useQuery({ ...progressQuery, enabled: forwardedBy !== undefined })
  const forwarded = progress.data?.forwarded_call
  const by = forwarded && forwarded.call_id === latest?.id ? forwarded.forwarded_from : null
  const isAnswered = latest?.answered_at != null && latest.engine != null
  const isProof =
    latest !== undefined &&
    (forwardedBy === undefined ? isAnswered : isForwarded({ by, caller: latest.peer_number, own: forwardedBy }))
  // Once a call has verified the step, a later call does not change the result.
  const [proof, setProof] = useState<typeof latest>()
  if (isProof && !proof) setProof(latest)
  const call = proof && latest?.id === proof.id ? latest : (proof ?? (forwardedBy === undefined ? latest : undefined))
  if (latest && !call && forwardedBy !== undefined && !progress.isFetching) {
    return <NotForwarded caller={latest} by={by} own={forwardedBy} waits={children} />
  }
  const hasFailed = call !== undefined && call !== proof && call.ended_at !== null && !isProof
  return (
    <div className="wizard-call">
      <p role="status" className={stateClass(proof !== undefined || isProof, hasFailed)}>
        <Icon icon={IconPhoneIncoming} />
        {call ? (
          <span>
            {forwardedBy !== undefined ? (
              <Trans>
                ההפניה מ־
                <Phone number={forwardedBy} /> עובדת. השיחה הגיעה:
              </Trans>
            ) : proof || isProof ? (
              <Trans>הסוכן עונה לטלפון. השיחה הגיעה:</Trans>
            ) : hasFailed ? (
              <Trans>השיחה הגיעה, אבל הסוכן לא נשמע בה:</Trans>
            ) : (
              <Trans>מצלצל עכשיו:</Trans>
            )}{' '}
            <Name name={call.contact_name} number={call.peer_number} />
          </span>
        ) : (
          <span>{children}</span>
        )}
      </p>
      {hasFailed && (
        <p className="small muted">
          <Trans>בדף השיחה רואים מה קרה בה. אחרי תיקון, או אם ניתקתם לפני הברכה, התקשרו שוב.</Trans>
        </p>
      )}
      {call && <Words id={call.id} />}
    </div>
  )
}

const stateClass = (isVerified: boolean, hasFailed: boolean): string =>
  isVerified ? 'link-state ok' : hasFailed ? 'link-state wait' : 'link-state'

interface SeenCall {
  /** The number that forwarded the call, as the network reports it. */
  by: string | null
  caller: string
  own: string
}

/** Some networks show the forwarding number as the caller, and do not report a forwarding. */
const isForwarded = ({ by, caller, own }: SeenCall): boolean => (by === null ? caller === own : by === own)

interface NotForwardedProps {
  caller: { contact_name: string; peer_number: string }
  /** The number that forwarded the call, if the network reported one. */
  by: string | null
  own: string
  waits: ReactNode
}

function NotForwarded({ caller, by, own, waits }: NotForwardedProps) {
  return (
    <div className="wizard-call">
      <p role="status" className="link-state wait">
        <Icon icon={IconPhoneIncoming} />
        <span>
          <Trans>
            הגיעה שיחה מ־
            <Name name={caller.contact_name} number={caller.peer_number} />
          </Trans>
          {', '}
          {by ? (
            <Trans>
              אבל היא הופנתה מ־
              <Phone number={by} /> ולא מ־
              <Phone number={own} />.
            </Trans>
          ) : (
            <Trans>
              אבל לא רואים שהיא הופנתה מ־
              <Phone number={own} />.
            </Trans>
          )}
        </span>
      </p>
      {!by && (
        <p className="small muted">
          <Trans>
            אם חייגתם ישר למספר החדש, זה לא מוכיח את ההפניה. אם חייגתם למספר הקיים והסוכן ענה, ההפניה עובדת, והרשת פשוט
            לא מוסרת מי הפנה.
          </Trans>
        </p>
      )}
      <p>{waits}</p>
    </div>
  )
}

function Words({ id }: { id: number }) {
  const { t } = useLingui()
  const { data } = useQuery(apiQuery('/api/calls/{id}', { path: { id } }))
  const said = data?.turns.filter(({ speaker }) => speaker === 'agent' || speaker === 'caller')
  return (
    <>
      <div role="log" aria-label={t`מה שנאמר`}>
        {said?.map(turn => (
          <p key={turn.id}>
            <b>{turn.speaker === 'agent' ? <Trans>הסוכן</Trans> : <Trans>אתם</Trans>}</b> <Plain text={turn.text} />
          </p>
        ))}
      </div>
      <Link className="btn" href={`/app/calls/${id}`}>
        <Trans>לדף השיחה</Trans>
      </Link>
    </>
  )
}
