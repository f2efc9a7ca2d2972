import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

export const CHOICES: Record<string, MessageDescriptor> = {
  auto: msg`אוטומטי`,
  twilio: msg`Twilio`,
  baileys: msg`הטלפון של העסק`,
  realtime: msg`הסוכן`,
  pipeline: msg`תמלול, מודל וקול`,
  live: msg`GPT-Live (ניסיוני)`,
  soniox: msg`Soniox`,
  deepgram: msg`Deepgram`,
  elevenlabs: msg`ElevenLabs`,
  google: msg`Google`,
  openai: msg`OpenAI`,
  pcmu: msg`טלפון (8 kHz)`,
  pcm: msg`PCM (24 kHz)`,
  chat: msg`Chat completions`,
  responses: msg`Responses`,
  speech: msg`שרת דיבור`,
  transcription: msg`שרת תמלול`,
  voicemail: msg`תא קולי`,
  never: msg`אף פעם`,
  open: msg`כשהעסק פתוח`,
  always: msg`תמיד`,
  server_vad: msg`לפי שתיקה`,
  semantic_vad: msg`לפי המשמעות`,
  low: msg`נמוכה`,
  medium: msg`בינונית`,
  high: msg`גבוהה`,
  none: msg`ללא`,
  off: msg`כבוי`,
  important: msg`כשיצא מהן משהו`,
  all: msg`אחרי כולן`,
  weekly: msg`פעם בשבוע`,
  he: msg`עברית`,
  en: msg`אנגלית`,
  ar: msg`ערבית`,
  ru: msg`רוסית`,
  fr: msg`צרפתית`,
  am: msg`אמהרית`,
  starttls: msg`מוצפן אחרי החיבור (STARTTLS)`,
  tls: msg`מוצפן מההתחלה (TLS)`,
}

/** Settings that accept any text, but for which the page offers only these values. */
export const KNOWN_VALUES: Record<string, readonly string[]> = {
  'agent.language': ['he', 'en', 'ar', 'ru', 'fr', 'am'],
  'openai.voice': ['marin', 'cedar', 'alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse'],
}

export const UNITS: Record<string, MessageDescriptor> = {
  s: msg`שניות`,
  ms: msg`אלפיות שנייה`,
  min: msg`דקות`,
  h: msg`שעות`,
  d: msg`ימים`,
  bytes: msg`בייט`,
  tokens: msg`אסימונים`,
  usd: msg`דולר`,
  cents: msg`סנט`,
}
