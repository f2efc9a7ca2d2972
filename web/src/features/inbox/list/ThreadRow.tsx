import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconPencil } from '@tabler/icons-react'
import { memo, type ReactNode } from 'react'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Duration, Hidden, Name, Plain, Time } from '#shared/components/text'
import type { Place } from '#shared/long-list'
import type { InboxRow, LastCall, LastMessage } from '../api'
import { callIcon, MEDIA_ICONS, useCallText, useMediaText } from '../texts'

interface Props extends Place {
  row: InboxRow
  href: string
  isCurrent: boolean
  /** The name of a user who is typing to the contact. */
  typing: string | undefined
}

export const ThreadRow = memo(function ThreadRow({ row, href, isCurrent, typing, ...place }: Props) {
  const waits = row.turn === 'us'
  return (
    <li {...place}>
      <Link
        className={waits ? 'thread waits' : 'thread'}
        href={href}
        aria-current={isCurrent ? 'true' : undefined}
        data-contact={row.contact_id}
      >
        <span>
          <Mark row={row} />
        </span>
        <span className="name clip">
          <Name name={row.contact_name} number={row.number ?? null} />
        </span>
        {waits && row.waiting_since ? (
          <Time at={row.waiting_since} style="ago" className="when" />
        ) : (
          <Time at={row.last_activity_at} style="when" className="when" />
        )}
        <span className="said">{typing ? <Typing name={typing} /> : <LastWords row={row} />}</span>
      </Link>
    </li>
  )
})

function Mark({ row: { turn, unread_count } }: { row: InboxRow }) {
  const { t } = useLingui()
  if (turn === 'done') {
    return unread_count > 0 ? (
      <>
        <span className="mark unread" />
        <Hidden>{t`לא נקרא`}</Hidden>
      </>
    ) : null
  }
  return (
    <>
      <span className={`mark ${turn === 'us' ? 'you' : 'ai'}`} />
      <Hidden>{turn === 'us' ? t`ממתין לך` : t`הסוכן ענה, לא נקרא`}</Hidden>
    </>
  )
}

const Typing = ({ name }: { name: string }) => (
  <>
    <Icon icon={IconPencil} size="s" />
    <span className="plain draft">
      <Trans>
        <bdi>{name}</bdi> באמצע כתיבה
      </Trans>
    </span>
  </>
)

function LastWords({ row: { draft, last } }: { row: InboxRow }) {
  if (draft?.text) {
    return (
      <>
        <span className="draft nowrap">
          <Trans>טיוטה:</Trans>
        </span>
        <Plain text={oneLine(draft.text)} />
      </>
    )
  }
  if (last?.message) return <MessageWords message={last.message} />
  if (last?.call) return <CallWords call={last.call} />
  // Only a scheduled message.
  return (
    <span className="plain muted">
      <Trans>עוד לא נשלחה הודעה</Trans>
    </span>
  )
}

const TICKS: Partial<Record<LastMessage['status'], IconGlyph>> = {
  queued: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
}

function MessageWords({ message }: { message: LastMessage }) {
  const mediaText = useMediaText()
  const { direction, author, status, media_kind: kind, text } = message
  if (status === 'failed') {
    return (
      <Snippet icon={IconAlertCircle} tone="missed">
        <span className="plain bad">
          <Trans>ההודעה שלך לא נשלחה</Trans>
        </span>
      </Snippet>
    )
  }
  const mark = direction === 'in' ? undefined : author === 'agent' ? IconPencil : TICKS[status]
  const icon = MEDIA_ICONS[kind]
  const tone = author === 'agent' ? 'pencil' : ''
  return (
    <Snippet icon={mark} tone={tone}>
      {icon && <Icon icon={icon} size="s" />}
      {text ? <Plain text={oneLine(text)} /> : <span className="plain">{mediaText(kind)}</span>}
    </Snippet>
  )
}

function CallWords({ call }: { call: LastCall }) {
  const callText = useCallText()
  const isMissed = call.outcome === 'missed' || call.outcome === 'failed'
  return (
    <Snippet icon={callIcon(call)} tone={isMissed ? 'missed' : ''}>
      {call.message_text ? (
        <Plain text={oneLine(call.message_text)} />
      ) : (
        <span className="plain">
          {callText(call)}
          {call.outcome !== 'missed' && call.duration_ms ? (
            <>
              {' '}
              <Duration ms={call.duration_ms} />
            </>
          ) : null}
        </span>
      )}
    </Snippet>
  )
}

function Snippet({ icon, tone = '', children }: { icon: IconGlyph | undefined; tone?: string; children: ReactNode }) {
  return (
    <>
      {icon && <Icon icon={icon} size="s" className={tone} />}
      {children}
    </>
  )
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 160)
