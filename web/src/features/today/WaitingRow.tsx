import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconAlertCircle,
  IconBrandWhatsapp,
  IconMicrophone,
  IconPhoneIncoming,
  IconPhoneX,
  IconPhoto,
} from '@tabler/icons-react'
import type { Schemas } from '#shared/api/client'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Hidden, Name, Plain, Time } from '#shared/components/text'

type Row = Schemas['InboxRow']

export function WaitingRow({ row }: { row: Row }) {
  const { t } = useLingui()
  const { message, call } = row.last ?? {}
  const isMissed = call?.missed === true
  const hasFailed = message?.status === 'failed'
  const icon: IconGlyph = call
    ? isMissed
      ? IconPhoneX
      : IconPhoneIncoming
    : hasFailed
      ? IconAlertCircle
      : message?.media_kind === 'voice' || message?.media_kind === 'audio'
        ? IconMicrophone
        : message?.media_kind === 'image'
          ? IconPhoto
          : IconBrandWhatsapp
  const words = call
    ? call.message_text || (isMissed ? withoutMessage(call) : t`שיחה`)
    : hasFailed
      ? t`ההודעה שלך לא נשלחה: ${message?.text ?? ''}`
      : message?.text || mediaWords(message?.media_kind)
  // A fallback begins when the conversation with the agent breaks off, so the caller may have spoken.
  function withoutMessage({ end_reason }: NonNullable<typeof call>): string {
    return end_reason === 'fallback' ? t`שיחה שנקטעה, בלי הודעה` : t`שיחה שלא נענתה, בלי הודעה`
  }
  function mediaWords(kind: string | undefined): string {
    const named: Record<string, string> = {
      image: t`תמונה`,
      voice: t`הודעה קולית`,
      audio: t`קובץ שמע`,
      video: t`סרטון`,
      document: t`קובץ`,
      sticker: t`מדבקה`,
      location: t`מיקום`,
      contact: t`איש קשר`,
    }
    return named[kind ?? ''] ?? t`הודעה`
  }
  const href = `/app/inbox/${row.contact_id}`
  return (
    <li className="w">
      <span className="mark you">
        <Hidden>
          <Trans>מחכה לך</Trans>
        </Hidden>
      </span>
      <Link href={href} className="w-words">
        <b>
          <Name name={row.contact_name} number={row.number ?? null} />
        </b>{' '}
        {row.waiting_since && <Time at={row.waiting_since} style="ago" className="t" />}
        <span className="p">
          <Icon icon={icon} size="s" className={isMissed || hasFailed ? 'bad' : ''} />
          <Plain text={words} className="clip" />
        </span>
      </Link>
      {isMissed && row.number ? (
        <a className="btn" href={`tel:${row.number}`}>
          <Trans>חיוג</Trans>
        </a>
      ) : (
        <Link className="btn" href={href}>
          {hasFailed ? <Trans>שליחה אחרת</Trans> : <Trans>תשובה</Trans>}
        </Link>
      )}
    </li>
  )
}
