import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { Schemas } from '#shared/api/client'

type State = Schemas['LinkState']
type Link = Schemas['BridgeStatus']

export const STATE_TEXTS: Record<State, MessageDescriptor> = {
  connected: msg`מחובר ל־WhatsApp`,
  starting: msg`החיבור ל־WhatsApp עולה. זה לוקח רגע.`,
  unpaired: msg`אין חשבון מקושר. מבקשים קוד חדש וסורקים אותו מהטלפון של העסק.`,
  pairing: msg`בטלפון של העסק: WhatsApp, מכשירים מקושרים, קישור מכשיר. ואז סורקים את הקוד.`,
  connecting: msg`מתחבר ל־WhatsApp. אם זה נמשך, צריך לבדוק את החיבור לאינטרנט.`,
  unanswered: msg`WhatsApp לא מאשרת הודעות בקישור הזה. צריך לפתוח את WhatsApp בטלפון. אם זה נמשך, מקשרים מחדש.`,
  logged_out: msg`WhatsApp ניתקה את הקישור. מבקשים קוד חדש וסורקים אותו מהטלפון של העסק.`,
  replaced: msg`תוכנה אחרת משתמשת באותו קישור. עוצרים אותה ואז מתחברים מחדש.`,
  banned: msg`WhatsApp חסמה את החשבון. מבקשים בדיקה באפליקציה שבטלפון, ואז מתחברים מחדש.`,
  outdated: msg`WhatsApp כבר לא מקבלת את הגרסה שמותקנת במכונה. מעדכנים את המכונה ואז מתחברים מחדש.`,
  multidevice_mismatch: msg`WhatsApp שבטלפון לא תומכת במכשירים מקושרים. מעדכנים אותה ואז מתחברים מחדש.`,
  disk: msg`אין מקום בדיסק לחיבור ל־WhatsApp. מפנים מקום, והוא ממשיך לבד.`,
  damaged: msg`קובץ הקישור ל־WhatsApp פגום. משחזרים אותו מגיבוי, או מבקשים קוד חדש.`,
  other: msg`המכונה לא מחוברת ל־WhatsApp. הסיבה ביומן שלה.`,
  unreachable: msg`התוכנה שמחברת את המכונה ל־WhatsApp לא פועלת.`,
  silent: msg`התוכנה שמחברת את המכונה ל־WhatsApp לא עונה.`,
  unauthorized: msg`התוכנה שמחברת ל־WhatsApp לא קיבלה את הסיסמה של המכונה. מי שמטפל במכונה מגדיר בשתיהן אותה סיסמה.`,
  disabled: msg`החיבור ל־WhatsApp בסריקת קוד לא הופעל במכונה הזאת. מי שמטפל במכונה יכול להפעיל אותו. אפשר גם בלעדיו: דרך Twilio.`,
}

/** States that the administrator of the machine ends with a setting. */
export const needsSecret = ({ state }: Link): boolean => state === 'disabled' || state === 'unauthorized'

/** Replaces the state's text while a pairing code is shown. */
export const TYPED_CODE_TEXT = msg`הקוד מוכן. מקלידים אותו בטלפון של העסק.`

/** States in which an immediate reconnection may help. */
const RETRIED: ReadonlySet<State> = new Set<State>([
  'connecting',
  'replaced',
  'banned',
  'outdated',
  'multidevice_mismatch',
  'disk',
  'other',
])

/** States in which an account can be linked. */
const LINKED_BY_CODE: ReadonlySet<State> = new Set<State>([
  'unpaired',
  'pairing',
  'logged_out',
  'multidevice_mismatch',
  'damaged',
  'other',
])

/** States that are not errors yet. */
const UNDER_WAY: ReadonlySet<State> = new Set<State>(['starting', 'pairing', 'connecting'])

/** `wait` if the state is not an error yet. */
export const levelOf = ({ state }: Link): 'ok' | 'wait' | 'bad' =>
  state === 'connected' ? 'ok' : UNDER_WAY.has(state) ? 'wait' : 'bad'

export function possible(link: Link): { link: boolean; reconnect: boolean; unlink: boolean } {
  const { reachable, connected, account, state } = link
  return {
    link: reachable && !connected && !account && LINKED_BY_CODE.has(state),
    reconnect: reachable && RETRIED.has(state),
    unlink: reachable && state !== 'unauthorized' && (connected || Boolean(account)),
  }
}

/** «ABCD1234» becomes «ABCD-1234», as the phone shows it. */
export const grouped = (code: string): string => code.replace(/^(.{4})(.{4})$/, '$1-$2')

/** 0 after that time. */
export const secondsUntil = (at: string | null | undefined, now: number): number =>
  at ? Math.max(0, Math.round((Date.parse(at) - now) / 1000)) : 0
