import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowBackUp, IconBan, IconCalendarEvent, IconMapPin, IconPencil, IconUser } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Hidden, Plain, Time } from '#shared/components/text'
import type { MessageItem } from '../api'
import { canReply, type Reply, replyTo } from '../model/reply'
import { sideOf } from '../model/rows'
import { Ticks, useMediaText } from '../texts'
import { Attachment } from './Attachment'
import { Button, CameFrom, Place } from './Extra'
import { Failure } from './Failure'
import { Queued } from './Queued'
import { Words } from './Words'

interface Props {
  message: MessageItem
  isNext: boolean
  /** Whether the time is shown: false if the next message of the group has the same minute. */
  isLast: boolean
  contact: { id: number; name: string; to: string | null }
  isFound: boolean
  onJump: (messageId: number) => void
  onReply: (reply: Reply) => void
}

export function Bubble({ message, isNext, isLast, contact, isFound, onJump, onReply }: Props) {
  const { t } = useLingui()
  const side = sideOf(message)
  const classes = ['msg', side !== 'them' && 'us', side === 'agent' && 'ai', isNext && 'next', isFound && 'found']
  const isText =
    message.files.length === 0 && !message.quote && !message.location && !message.referral && !message.button
  return (
    <div className={classes.filter(Boolean).join(' ')}>
      <div className={isText ? 'bub text' : 'bub'}>
        <Hidden>
          <Speaker side={side} name={contact.name} />
        </Hidden>
        {message.quote && <QuoteBox quote={message.quote} onJump={onJump} />}
        {message.quote && side !== 'them' && message.provider === 'twilio' && (
          <p className="small faint">
            <Trans>הלקוח לא רואה את הציטוט: הודעה דרך Twilio.</Trans>
          </p>
        )}
        <Content message={message} />
        {(isLast || message.template) && <Meta message={message} side={side} />}
        <Reactions message={message} />
      </div>
      {contact.to !== null && canReply(message) && (
        <button
          className="reply"
          type="button"
          aria-label={t`תשובה להודעה הזאת`}
          aria-keyshortcuts="R"
          onClick={() => onReply(replyTo(message))}
        >
          <Icon icon={IconArrowBackUp} size="s" />
        </button>
      )}
      {message.status === 'queued' && <Queued message={message} />}
      {message.status === 'failed' && <Failure message={message} contact={contact} />}
    </div>
  )
}

function Speaker({ side, name }: { side: 'them' | 'agent' | 'us'; name: string }) {
  if (side === 'us') return <Trans>אתם:</Trans>
  if (side === 'agent') return <Trans>הסוכן:</Trans>
  return (
    <>
      <bdi>{name}</bdi>:
    </>
  )
}

function Content({ message }: { message: MessageItem }) {
  const mediaText = useMediaText()
  if (message.deleted_at) {
    return (
      <p className="muted row">
        <Icon icon={IconBan} size="s" />
        <Trans>ההודעה נמחקה</Trans>
      </p>
    )
  }
  const { media_kind: kind, content_text: text, files, location, referral } = message
  const isBare = files.length === 0 && !text
  // The daemon describes a place in words for lists and searches; the place itself is shown here.
  const isPlaceText = location && text.endsWith(`?q=${location.latitude},${location.longitude}`)
  return (
    <>
      {referral && <CameFrom referral={referral} />}
      {files.map(file => (
        <Attachment key={file.position} file={file} kind={kind} at={message.created_at} />
      ))}
      {files.length === 0 && ((kind === 'location' && !location) || kind === 'contact') && (
        <p className="row muted small">
          <Icon icon={kind === 'location' ? IconMapPin : IconUser} size="s" />
          {mediaText(kind)}
        </p>
      )}
      {location && <Place place={location} />}
      {text && !isPlaceText && <Words text={text} />}
      {message.event_at && (
        <p className="row">
          <Icon icon={IconCalendarEvent} size="s" />
          <Time at={message.event_at} style="full" />
        </p>
      )}
      <Button message={message} />
      {isBare && kind !== 'location' && kind !== 'contact' && (
        <p className="muted">
          <NoContent message={message} />
        </p>
      )}
    </>
  )
}

/** In place of content that this page does not have. */
function NoContent({ message: { media_kind: kind, phone_only: reason } }: { message: MessageItem }) {
  const mediaText = useMediaText()
  if (reason === 'view_once') return <Trans>הודעה לצפייה חד־פעמית: אפשר לראות אותה רק בטלפון</Trans>
  if (reason === 'payment') return <Trans>תשלום או בקשת תשלום: אפשר לראות אותם רק בטלפון</Trans>
  return kind === 'text' || kind === 'other' ? <Trans>הודעה שאפשר לראות רק בטלפון</Trans> : mediaText(kind)
}

function QuoteBox({ quote, onJump }: { quote: NonNullable<MessageItem['quote']>; onJump: (id: number) => void }) {
  return (
    <button className="quote" type="button" dir="auto" onClick={() => onJump(quote.message_id)}>
      {quote.deleted ? (
        <span className="muted clip">
          <Trans>ההודעה נמחקה</Trans>
        </span>
      ) : (
        <span className="plain clip">{quote.content_text || '…'}</span>
      )}
    </button>
  )
}

function Meta({ message, side }: { message: MessageItem; side: 'them' | 'agent' | 'us' }) {
  return (
    <div className="meta">
      {side === 'agent' && (
        <span className="who-said">
          <Icon icon={IconPencil} size="s" />
          <Trans>הסוכן</Trans>
        </span>
      )}
      {message.author === 'phone' && (
        <span className="who-said">
          <Trans>מהטלפון של העסק</Trans>
        </span>
      )}
      {message.template && (
        <span>
          {message.files.length > 0 ? <Trans>בתבנית המאושרת, והקובץ כקישור</Trans> : <Trans>בתבנית המאושרת</Trans>}
        </span>
      )}
      {message.edits.length > 0 && (
        <span>
          <Trans>נערכה</Trans>
        </span>
      )}
      {side !== 'them' && message.status !== 'failed' && <Ticks status={message.status} provider={message.provider} />}
      <Time at={message.created_at} />
    </div>
  )
}

function Reactions({ message: { reactions } }: { message: MessageItem }) {
  const { t } = useLingui()
  if (reactions.length === 0) return null
  return (
    <span className="reactions" role="img" aria-label={t`תגובות: ${reactions.map(({ emoji }) => emoji).join(' ')}`}>
      {reactions.map(({ emoji, actor }) => (
        <span key={actor}>
          <Plain text={emoji} />
        </span>
      ))}
    </span>
  )
}
