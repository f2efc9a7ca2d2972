import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import {
  IconBell,
  IconBellRinging,
  IconBook2,
  IconBrandWhatsapp,
  IconBuildingStore,
  IconClock,
  IconDatabase,
  IconHeartbeat,
  IconHistory,
  IconListCheck,
  IconPencil,
  IconPhone,
  IconScissors,
  IconShieldLock,
  IconTool,
  IconUserCircle,
  IconUserCog,
  IconUsers,
  IconWorld,
} from '@tabler/icons-react'
import type { Schemas } from '#shared/api/client'
import type { IconGlyph } from '#shared/components/Icon'

export type Item = Schemas['SettingItem']

interface GroupPlan {
  title: MessageDescriptor
  keys: readonly string[]
  /** The check that verifies these settings. */
  check?: Schemas['SettingsCheck']
}

export interface Section {
  id: string
  title: MessageDescriptor
  icon: IconGlyph
  /** The link to a page of another feature, instead of settings. */
  href?: string
  ownerOnly?: boolean
  groups?: readonly GroupPlan[]
  /** Sections of the settings file whose other settings are shown here, in a collapsed group. */
  rest?: readonly string[]
  /** Additional search terms of the section. */
  words?: MessageDescriptor
}

/** A part of a section that is no setting. The search finds it too. */
export interface Part {
  section: string
  title: MessageDescriptor
  words?: MessageDescriptor
  /** The name of the element to scroll to; see `useTarget`. */
  at: string
  /** Whether the part is for owners, in a section that is for all users. */
  ownerOnly?: boolean
}

/** The sections of the page, in order. No setting is in two groups. */
export const SECTIONS: readonly Section[] = [
  {
    id: 'business',
    title: msg`העסק`,
    icon: IconBuildingStore,
    groups: [{ title: msg`פרטי העסק`, keys: ['business.name', 'business.time_zone', 'business.country'] }],
    rest: ['business'],
  },
  {
    id: 'hours',
    title: msg`שעות`,
    icon: IconClock,
    href: '/app/settings/hours',
    words: msg`פתיחה סגירה חגים חופשה ימי חופש שבת`,
  },
  {
    id: 'services',
    title: msg`שירותים ומחירים`,
    icon: IconScissors,
    href: '/app/settings/services',
    words: msg`מחירון תורים משך`,
  },
  {
    id: 'resources',
    title: msg`עובדים ועמדות`,
    icon: IconUsers,
    href: '/app/settings/resources',
    words: msg`צוות יומן לוח`,
  },
  {
    id: 'facts',
    title: msg`מה הסוכן יודע`,
    icon: IconBook2,
    href: '/app/settings/facts',
    words: msg`ידע שאלות תשובות מידע`,
  },
  {
    id: 'agent',
    title: msg`הסוכן`,
    icon: IconPencil,
    groups: [
      {
        title: msg`איך הוא מדבר`,
        keys: [
          'agent.language',
          'openai.voice',
          'voice.agent_speaks_first',
          'voice.end_robot_calls',
          'voice.end_silent_calls',
          'agent.transfer_to',
          'agent.pronunciation',
          'agent.send_whatsapp',
        ],
      },
      {
        title: msg`אחרי השיחה`,
        keys: [
          'agent.summaries',
          'agent.call_notices',
          'agent.confirm_appointments',
          'agent.text_missed_callers',
          'agent.missed_call_text',
        ],
      },
      { title: msg`כשהוא מתקשר`, keys: ['agent.calls_from_hour', 'agent.calls_until_hour'] },
      { title: msg`שירות ה־AI`, keys: ['openai.api_key'], check: 'ai' },
    ],
    rest: ['agent', 'openai', 'google', 'elevenlabs', 'deepgram', 'soniox', 'pipeline'],
  },
  {
    id: 'tools',
    title: msg`הכלים של הסוכן`,
    icon: IconTool,
    href: '/app/settings/tools',
    ownerOnly: true,
    words: msg`תוכנה אחרת API`,
  },
  {
    id: 'phone',
    title: msg`טלפון`,
    icon: IconPhone,
    groups: [
      { title: msg`מספר ומענה`, keys: ['twilio.phone_number', 'voice.engine'] },
      {
        title: msg`מי עונה קודם`,
        keys: ['voice.ring_first', 'voice.ring_numbers', 'voice.ring_first_s', 'voice.ring_page_s'],
      },
      { title: msg`הקלטה והודעות`, keys: ['voice.recording', 'voice.message_max_s', 'voice.max_call_s'] },
      {
        title: msg`גבולות ועלות`,
        keys: [
          'voice.ai_usd_per_day',
          'voice.ai_minutes_per_day',
          'voice.ai_calls_at_once',
          'voice.ai_calls_per_number_per_day',
        ],
      },
      { title: msg`חיבור ל־Twilio`, keys: ['twilio.account_sid', 'twilio.auth_token'], check: 'twilio' },
    ],
    rest: ['voice', 'twilio'],
  },
  {
    id: 'whatsapp',
    title: msg`WhatsApp`,
    icon: IconBrandWhatsapp,
    groups: [
      {
        title: msg`דרכי שליחה`,
        keys: ['whatsapp.provider', 'whatsapp.enable_baileys', 'whatsapp.enable_twilio'],
        check: 'bridge',
      },
      {
        title: msg`WhatsApp דרך Twilio`,
        keys: [
          'twilio.wa_from',
          'twilio.wa_template_sid',
          'twilio.wa_template_variables',
          'twilio.wa_text_price_usd',
          'twilio.wa_template_price_usd',
        ],
      },
      {
        title: msg`קצב`,
        keys: [
          'whatsapp.pacing',
          'whatsapp.per_minute',
          'whatsapp.new_chats_per_day',
          'whatsapp.new_chats_per_user_per_day',
        ],
      },
    ],
    rest: ['whatsapp'],
  },
  {
    id: 'alerts',
    title: msg`התראות`,
    icon: IconBell,
    groups: [
      { title: msg`לאן שולחים`, keys: ['alerts.whatsapp_to', 'alerts.mail_to', 'alerts.language'] },
      {
        title: msg`שרת הדוא״ל`,
        keys: ['mail.host', 'mail.port', 'mail.tls', 'mail.username', 'mail.password', 'mail.from'],
      },
    ],
    rest: ['alerts', 'mail'],
  },
  {
    id: 'notifications',
    title: msg`התראות בדפדפן`,
    icon: IconBellRinging,
    href: '/app/settings/notifications',
    words: msg`צליל push`,
  },
  { id: 'users', title: msg`משתמשים`, icon: IconUserCog, ownerOnly: true, words: msg`צוות הרשאה סיסמה` },
  {
    id: 'backup',
    title: msg`גיבוי`,
    icon: IconDatabase,
    words: msg`שחזור עותק snapshot`,
    ownerOnly: true,
    groups: [
      {
        title: msg`מתי וכמה`,
        keys: ['backup.enabled', 'backup.hour', 'backup.keep_days', 'backup.keep_weeks', 'backup.budget'],
      },
      {
        title: msg`עותק מחוץ למכונה`,
        keys: ['backup.s3_endpoint', 'backup.s3_bucket', 'backup.s3_access_key_id', 'backup.s3_secret_access_key'],
      },
    ],
    rest: ['backup', 'store'],
  },
  {
    id: 'privacy',
    title: msg`פרטיות ומחיקה`,
    icon: IconShieldLock,
    words: msg`שמירה הקלטות תמלול`,
    groups: [
      {
        title: msg`כמה זמן שומרים`,
        keys: [
          'retention.recordings_days',
          'retention.transcripts_days',
          'retention.media_days',
          'retention.journal_days',
          'retention.audit_days',
        ],
      },
    ],
    rest: ['retention'],
  },
  {
    id: 'address',
    title: msg`כתובת ותעודה`,
    icon: IconWorld,
    words: msg`דומיין https TLS`,
    groups: [
      { title: msg`הכתובת`, keys: ['http.public_base_url'], check: 'address' },
      { title: msg`תעודה`, keys: ['tls.domain', 'tls.acme', 'tls.acme_contact'] },
    ],
    rest: ['http', 'tls'],
  },
  { id: 'audit', title: msg`יומן פעולות`, icon: IconHistory, ownerOnly: true, words: msg`היסטוריה לוג מי שינה` },
  {
    id: 'health',
    title: msg`בריאות המערכת`,
    icon: IconHeartbeat,
    words: msg`עדכון גרסה דיסק`,
    ownerOnly: true,
    groups: [
      { title: msg`בדיקה עצמית`, keys: ['maintenance.self_check', 'maintenance.hour'] },
      { title: msg`עדכונים`, keys: ['updates.check', 'updates.feed_url'] },
    ],
    rest: ['maintenance', 'updates', 'disk', 'log'],
  },
  { id: 'account', title: msg`החשבון שלי וכניסות`, icon: IconUserCircle, href: '/app/account' },
]

/** A page that the search finds, but that is not in the list of sections. */
export const SETUP: Section = {
  id: 'setup',
  title: msg`הקמה, שלב אחר שלב`,
  icon: IconListCheck,
  href: '/app/setup',
  ownerOnly: true,
  words: msg`התקנה התחלה`,
}

/** In the order of the sections. */
export const PARTS: readonly Part[] = [
  { section: 'phone', title: msg`ברכת הפתיחה`, at: 'greeting', words: msg`הקלטה קול` },
  { section: 'users', title: msg`משתמש חדש`, at: 'new-user' },
  { section: 'backup', title: msg`הגיבויים`, at: 'backups', words: msg`רשימה הורדה snapshots` },
  { section: 'backup', title: msg`איך משחזרים מגיבוי`, at: 'restore', words: msg`שחזור restore` },
  { section: 'health', title: msg`מסד הנתונים`, at: 'database' },
  { section: 'health', title: msg`הגרסה`, at: 'version', words: msg`עדכון` },
  { section: 'account', title: msg`כניסות פעילות`, at: 'sessions', words: msg`דפדפן התנתקות מכשיר` },
  { section: 'account', title: msg`החלפת הסיסמה שלי`, at: 'password' },
  { section: 'account', title: msg`אסימוני API`, at: 'tokens', words: msg`טוקן token תוכנה`, ownerOnly: true },
]

export function hrefOf(section: Pick<Section, 'id' | 'href'>, at?: string): string {
  const href = section.href ?? `/app/settings/${section.id}`
  return at ? `${href}?at=${at}` : href
}

/** The section for settings that this page does not know. */
const LAST = 'health'

/** The key of the setting that has a separate editor. */
export const AGENT_TEXT = 'agent.instructions'

export interface Group {
  title: MessageDescriptor
  items: Item[]
  check?: Schemas['SettingsCheck']
}

const named = new Map(
  SECTIONS.flatMap(({ id, groups = [] }) => groups.flatMap(({ keys }) => keys.map(key => [key, id] as const))),
)
const restOf = new Map(SECTIONS.flatMap(({ id, rest = [] }) => rest.map(section => [section, id] as const)))

export function sectionOf(item: Pick<Item, 'key' | 'section'>): string {
  if (item.key === AGENT_TEXT) return 'agent'
  return named.get(item.key) ?? restOf.get(item.section) ?? LAST
}

export function layout(section: Section, items: readonly Item[]): { groups: Group[]; rest: Item[] } {
  const byKey = new Map(items.map(item => [item.key, item]))
  const groups = (section.groups ?? [])
    .map(({ title, keys, check }) => ({ title, check, items: keys.flatMap(key => byKey.get(key) ?? []) }))
    .filter(group => group.items.length > 0)
  const rest = items.filter(item => item.key !== AGENT_TEXT && !named.has(item.key) && sectionOf(item) === section.id)
  return { groups, rest }
}
