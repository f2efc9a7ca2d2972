import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import {
  IconAlertTriangle,
  IconBrandWhatsapp,
  IconCertificate,
  IconClock,
  IconCloudOff,
  IconDatabase,
  IconDatabaseExclamation,
  IconPhoneOff,
  IconPlugConnectedX,
  IconSend,
  IconSettings,
} from '@tabler/icons-react'
import type { Schemas } from '#shared/api/client'
import type { IconGlyph } from '#shared/components/Icon'

type Kind = Schemas['AlertKind']

const ICONS: Partial<Record<Kind, IconGlyph>> = {
  disk_low: IconDatabase,
  database_unwritable: IconDatabaseExclamation,
  published_copy: IconDatabase,
  integrity: IconDatabaseExclamation,
  foreign_file: IconDatabase,
  database_replaced: IconDatabase,
  backup: IconDatabase,
  replication: IconDatabase,
  certificate: IconCertificate,
  bridge_down: IconPlugConnectedX,
  bridge_link: IconPlugConnectedX,
  bridge_not_receiving: IconPlugConnectedX,
  whatsapp_restricted: IconBrandWhatsapp,
  twilio_refused: IconPhoneOff,
  ai_refused: IconCloudOff,
  ai_no_credit: IconCloudOff,
  ai_rate_limited: IconCloudOff,
  ai_unavailable: IconCloudOff,
  outbox_held: IconSend,
  outbox_stuck: IconSend,
  outbox_undelivered: IconSend,
  clock_wrong: IconClock,
  settings_rejected: IconSettings,
}

/** Alerts about problems that put money, data or calls at risk. */
const SEVERE: ReadonlySet<Kind> = new Set<Kind>([
  'disk_low',
  'database_unwritable',
  'integrity',
  'foreign_file',
  'backup',
  'twilio_refused',
  'ai_refused',
  'ai_no_credit',
  'ai_unavailable',
])

interface Target {
  href: string
  label: MessageDescriptor
}

const WHATSAPP: Target = { href: '/app/whatsapp', label: msg`לחיבור ל־WhatsApp` }

/** The page on which an alert can be solved; alerts that are not in the list lead to {@link HEALTH}. */
const TARGETS: Partial<Record<Kind, Target>> = {
  bridge_link: { href: '/app/whatsapp', label: msg`לחיבור מחדש` },
  bridge_down: WHATSAPP,
  bridge_not_receiving: WHATSAPP,
  whatsapp_restricted: WHATSAPP,
  outbox_stuck: WHATSAPP,
  outbox_undelivered: { href: '/app/inbox?filter=undelivered', label: msg`למי לא נמסר` },
  disk_low: { href: '/app/settings/privacy', label: msg`כמה זמן שומרים` },
  backup: { href: '/app/settings/backup', label: msg`לדף הגיבוי` },
  certificate: { href: '/app/settings/address', label: msg`לכתובת ולתעודה` },
  twilio_refused: { href: '/app/settings/phone?at=twilio.auth_token', label: msg`לפרטי החשבון` },
  ai_refused: { href: '/app/settings/agent?at=openai.api_key', label: msg`למפתח` },
  ai_setting_rejected: { href: '/app/settings/agent', label: msg`להגדרות הסוכן` },
  ai_limit: { href: '/app/settings/phone?at=voice.ai_usd_per_day', label: msg`לתקרה` },
}

const HEALTH: Target = { href: '/app/settings/health', label: msg`לבדיקת המערכת` }

export const placeOf = (kind: Kind): Target => TARGETS[kind] ?? HEALTH

export const iconOf = (kind: Kind): IconGlyph => ICONS[kind] ?? IconAlertTriangle

export const isSevere = (kind: Kind): boolean => SEVERE.has(kind)
