import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconPhoneOutgoing } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Plain, Time } from '#shared/components/text'
import type { CallDetail } from './api'
import { numberOf } from './CallRow'
import { UNANSWERED } from './call-back'

type OutboundCall = Schemas['OutboundCall']

const refresh = (): void => void queryClient.invalidateQueries({ queryKey: ['/api/outbound-calls'] })

export function CallBack({ call }: { call: CallDetail }) {
  const isReturnable = call.direction === 'in' && call.state === 'ended' && numberOf(call) !== null
  const { data } = useQuery({
    ...apiQuery('/api/outbound-calls', { query: { missed_call_id: call.id, limit: 1 } }),
    enabled: isReturnable,
  })
  if (!isReturnable || !data) return null
  const planned = data.items[0]
  const ask = UNANSWERED.includes(call.outcome) ? <Ask call={call} /> : null
  if (!planned || planned.state === 'cancelled') return ask
  return (
    <>
      <Planned planned={planned} />
      {planned.state === 'failed' && ask}
    </>
  )
}

function Ask({ call }: { call: CallDetail }) {
  const { t } = useLingui()
  const note = useId()
  const [purpose, setPurpose] = useState<string | null>(null)
  const ask = useAction({
    run: (purpose: string) => unwrap(client.POST('/api/calls', { body: { to: [{ call_id: call.id }], purpose } })),
    onDone: () => {
      setPurpose(null)
      refresh()
    },
  })
  if (purpose === null) {
    return (
      <button className="btn" type="button" onClick={() => setPurpose(t`לחזור אליכם, כי התקשרתם ולא ענינו`)}>
        <Icon icon={IconPhoneOutgoing} />
        <Trans>שהסוכן יחזור</Trans>
      </button>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (purpose.trim() && !ask.isPending) ask.mutate(purpose.trim())
  }
  return (
    <form className="call-back" onSubmit={submit}>
      <input
        className="field grow"
        dir="auto"
        // biome-ignore lint/a11y/noAutofocus: the user has just asked for this field
        autoFocus
        aria-label={t`למה הסוכן מתקשר?`}
        aria-describedby={note}
        value={purpose}
        maxLength={300}
        onChange={event => setPurpose(event.target.value)}
      />
      <button className="btn big" type="submit" disabled={!purpose.trim() || ask.isPending}>
        <Icon icon={IconPhoneOutgoing} />
        <Trans>להתקשר</Trans>
      </button>
      <button className="btn quiet big" type="button" onClick={() => setPurpose(null)}>
        <Trans>ביטול</Trans>
      </button>
      <p className="small muted" id={note}>
        <Trans>הסוכן אומר את זה במשפט הראשון. הוא מתקשר רק בשעות שקבעתם, ולא בשבת ובחג.</Trans>
      </p>
    </form>
  )
}

const OUTCOMES: Record<NonNullable<OutboundCall['outcome']>, MessageDescriptor> = {
  answered: msg`הסוכן חזר אל הלקוח.`,
  machine: msg`הסוכן השאיר הודעה במשיבון.`,
  busy: msg`הקו היה תפוס.`,
  no_answer: msg`הלקוח לא ענה לסוכן.`,
  failed: msg`הסוכן לא הצליח לדבר עם הלקוח.`,
  opted_out: msg`הסוכן לא התקשר: הלקוח ביקש שלא יפנו אליו.`,
  blocked: msg`הסוכן לא התקשר: הלקוח חסום.`,
}

function Planned({ planned }: { planned: OutboundCall }) {
  const { i18n } = useTexts()
  const cancel = useAction({
    run: () => unwrap(client.DELETE('/api/outbound-calls/{id}', { params: { path: { id: planned.id } } })),
    onDone: refresh,
  })
  return (
    <div className="call-back" role="status">
      <p>
        <Icon icon={IconPhoneOutgoing} size="s" />{' '}
        {planned.state === 'dialing' && <Trans>הסוכן מתקשר אל הלקוח עכשיו.</Trans>}
        {planned.outcome && planned.state !== 'dialing' && i18n._(OUTCOMES[planned.outcome])}{' '}
        {planned.state === 'waiting' && (
          <Trans>
            הסוכן יתקשר ב־
            <Time at={planned.due_at} style="day" /> <Time at={planned.due_at} />.
          </Trans>
        )}
      </p>
      <Plain as="p" className="small muted" text={planned.purpose} />
      {planned.state === 'waiting' && (
        <button className="btn quiet" type="button" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
          <Trans>לבטל את השיחה</Trans>
        </button>
      )}
      {planned.call_id !== null && planned.call_id !== undefined && (
        <Link className="btn quiet" href={`/app/calls/${planned.call_id}`}>
          <Trans>לשיחה</Trans>
        </Link>
      )}
    </div>
  )
}
