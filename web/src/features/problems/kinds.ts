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
  bridge_deaf: IconPlugConnectedX,
  whatsapp_restricted: IconBrandWhatsapp,
  twilio_refused: IconPhoneOff,
  ai_refused: IconCloudOff,
  ai_unavailable: IconCloudOff,
  outbox_held: IconSend,
  outbox_stuck: IconSend,
  outbox_undelivered: IconSend,
  clock_wrong: IconClock,
  settings_rejected: IconSettings,
}

/** Kinds by which money, data or calls are at risk. */
const SEVERE: ReadonlySet<Kind> = new Set<Kind>([
  'disk_low',
  'database_unwritable',
  'integrity',
  'foreign_file',
  'backup',
  'twilio_refused',
  'ai_refused',
  'ai_unavailable',
])

export const iconOf = (kind: Kind): IconGlyph => ICONS[kind] ?? IconAlertTriangle

export const isSevere = (kind: Kind): boolean => SEVERE.has(kind)
