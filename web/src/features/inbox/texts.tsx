import { Trans, useLingui } from '@lingui/react/macro'
import {
  IconAlertCircle,
  IconBan,
  IconCheck,
  IconChecks,
  IconClock,
  IconFileText,
  IconMapPin,
  IconMicrophone,
  IconPhone,
  IconPhoneCall,
  IconPhoneIncoming,
  IconPhoneOutgoing,
  IconPhoneX,
  IconPhoto,
  IconRecordMail,
  IconSticker,
  IconTemplate,
  IconUser,
  IconVideo,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { codeText } from '#shared/api/problem-text'
import { useBridgeOutage } from '#shared/bridge'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import type { CallOutcome, MediaKind, MessageStatus, Provider } from './api'

export const MEDIA_ICONS: Partial<Record<MediaKind, IconGlyph>> = {
  image: IconPhoto,
  video: IconVideo,
  voice: IconMicrophone,
  audio: IconMicrophone,
  document: IconFileText,
  sticker: IconSticker,
  location: IconMapPin,
  contact: IconUser,
  template: IconTemplate,
}

export function useMediaText(): (kind: MediaKind) => string {
  const { t } = useLingui()
  const texts: Record<MediaKind, string> = {
    text: '',
    image: t`תמונה`,
    video: t`סרטון`,
    voice: t`הודעה קולית`,
    audio: t`קובץ קול`,
    document: t`קובץ`,
    sticker: t`מדבקה`,
    location: t`מיקום`,
    contact: t`איש קשר`,
    template: t`תבנית`,
    other: t`הודעה`,
  }
  return kind => texts[kind] ?? texts.other
}

export function callIcon({ direction, outcome }: { direction: 'in' | 'out'; outcome: CallOutcome }): IconGlyph {
  if (outcome === 'missed' || outcome === 'failed') return IconPhoneX
  if (outcome === 'blocked') return IconBan
  if (outcome === 'live') return IconPhoneCall
  if (outcome === 'message') return IconRecordMail
  return direction === 'out' ? IconPhoneOutgoing : outcome === 'transferred' ? IconPhone : IconPhoneIncoming
}

export function useCallText(): (call: { direction: 'in' | 'out'; outcome: CallOutcome }) => string {
  const { t } = useLingui()
  return ({ direction, outcome }) => {
    if (outcome === 'live') return t`שיחה עכשיו`
    if (outcome === 'missed') return t`שיחה שלא נענתה`
    if (outcome === 'failed') return t`שיחה שנכשלה`
    if (outcome === 'blocked') return t`שיחה שנחסמה`
    if (outcome === 'message') return t`הודעה בתא הקולי`
    return direction === 'out' ? t`שיחה יוצאת` : t`שיחה נכנסת`
  }
}

const TICKS: Record<Exclude<MessageStatus, 'received'>, [IconGlyph, ReactNode]> = {
  queued: [IconClock, <Trans key="queued">ממתין לשליחה</Trans>],
  sent: [IconCheck, <Trans key="sent">נשלח</Trans>],
  delivered: [IconChecks, <Trans key="delivered">הגיע</Trans>],
  read: [IconChecks, <Trans key="read">נקרא</Trans>],
  failed: [IconAlertCircle, <Trans key="failed">לא נשלח</Trans>],
}

/** Also shows when a message waits for the business's phone. */
export function Ticks({ status, provider }: { status: MessageStatus; provider?: Provider | null }) {
  const outage = useBridgeOutage(status === 'queued' && provider !== 'twilio')
  if (status === 'received') return null
  const [icon, word] = TICKS[status]
  return (
    <span className={`ticks ${status}`}>
      <Icon icon={icon} size="s" />
      {outage ? <Trans>ממתין לשליחה: WhatsApp מנותק</Trans> : word}
    </span>
  )
}

/** For a code without a text on this page, returns `sentence`, the daemon's own message, or else a general text. */
export function useFailure(): (code: string | null | undefined, sentence: string | null | undefined) => string {
  const { t } = useLingui()
  return (code, sentence) => {
    const known: Record<string, string> = {
      not_on_whatsapp: t`המספר לא ב־WhatsApp`,
      63003: t`המספר לא ב־WhatsApp`,
      63016: t`חלון התשובה נסגר. אפשר רק תבנית מאושרת`,
      template_required: t`חלון התשובה נסגר. אפשר רק תבנית מאושרת`,
      whatsapp_refused: t`WhatsApp סירבה לשלוח`,
      media_refused: t`WhatsApp לא קיבלה את הקובץ`,
      cancelled: t`בוטלה לפני שנשלחה`,
      too_old: t`ההודעה נכתבה לפני ימים ועדיין לא נשלחה. לשלוח אותה עכשיו?`,
      too_late: t`השעה שנקבעה לה עברה לפני יותר משעתיים`,
      appointment_changed: t`התור שההודעה עליו כבר התחיל, או שייך ללקוח אחר`,
      contact_opted_out: t`הלקוח ביקש לא לקבל הודעות`,
      recipient_not_allowed: t`אין שליחה לארץ של המספר הזה`,
      too_many_new_chats: t`נפתחו יותר מדי שיחות חדשות ב־24 השעות האחרונות. אפשר לנסות שוב בעוד כמה שעות`,
      provider_disabled: t`הדרך הזאת לא מופעלת`,
      no_provider: t`אין כרגע דרך WhatsApp פעילה`,
      not_set_up: t`הדרך הזאת כבר לא מוגדרת`,
      invalid_recipient: t`המספר לא תקין`,
      text_too_long: t`ההודעה ארוכה מדי`,
      too_large: t`הקובץ גדול מדי`,
    }
    return known[code ?? ''] ?? codeText(code) ?? sentence ?? t`סיבה לא ידועה`
  }
}
