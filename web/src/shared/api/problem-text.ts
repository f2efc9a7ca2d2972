import type { MessageDescriptor } from '@lingui/core'
import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { ApiError, ErrorCode } from './errors'

/** The text for every code of the API document and of this page. The type makes a missing text a compile error. */
export const TEXTS: Record<ErrorCode, MessageDescriptor> = {
  offline: msg`אין חיבור למכונה. אפשר לנסות שוב בעוד רגע.`,
  gateway: msg`המכונה לא עונה כרגע, אבל מה ששמור בה נשאר. אפשר לנסות שוב בעוד רגע.`,
  bad_answer: msg`התשובה שהגיעה לא שלמה, או לא מהמכונה. אפשר לנסות שוב.`,
  wrong_password: msg`שם המשתמש או הסיסמה לא נכונים. אפשר לנסות שוב.`,
  password_short: msg`הסיסמה קצרה מדי. צריך לפחות 10 תווים.`,
  password_long: msg`הסיסמה ארוכה מדי.`,
  password_repeated: msg`הסיסמה חוזרת על טקסט קצר. צריך 10 תווים שלא חוזרים על עצמם.`,
  password_common: msg`זו סיסמה נפוצה, או רצף של מקשים, וקל לנחש אותה. בחרו אחרת, למשל כמה מילים שלא קשורות זו לזו.`,
  password_name: msg`הסיסמה היא כמעט רק שם, וקל לנחש אותה. בחרו אחרת, למשל כמה מילים שלא קשורות זו לזו.`,
  confirmation_required: msg`בשביל זה צריך להקליד שוב את הסיסמה.`,
  https_required: msg`בכתובת הזאת לא מזינים סיסמאות וקודים, כי החיבור לא מוצפן. צריך לפתוח את הדף בכתובת שמתחילה ב־https.`,
  too_many_requests: msg`יותר מדי ניסיונות. אפשר לנסות שוב בעוד כמה דקות.`,
  not_found: msg`זה כבר לא קיים. ייתכן שנמחק.`,
  forbidden: msg`אין לכם הרשאה לזה. בעלי העסק יכולים לתת אותה.`,
  unauthorized: msg`הכניסה הסתיימה. צריך להיכנס שוב.`,
  token_expired: msg`תוקף האסימון נגמר. צריך ליצור חדש.`,
  csrf: msg`בדפדפן הזה נכנס בינתיים משתמש אחר. צריך לבדוק ולנסות שוב.`,
  invalid: msg`אחד השדות לא תקין.`,
  unknown_field: msg`הדף הזה לא מתאים לגרסה של המכונה. צריך לרענן אותו.`,
  unsupported_media_type: msg`הדף הזה לא מתאים לגרסה של המכונה. צריך לרענן אותו.`,
  method_not_allowed: msg`הדף הזה לא מתאים לגרסה של המכונה. צריך לרענן אותו.`,
  too_large: msg`הקובץ או הטקסט גדול מדי.`,
  changed: msg`מישהו שינה את זה בינתיים.`,
  conflict: msg`זה כבר קיים, או שמשהו אחר קורה בו עכשיו. אפשר לרענן ולבדוק.`,
  later_merge: msg`אחרי האיחוד הזה היה עוד איחוד של אותו לקוח. צריך לבטל קודם אותו, ואז את זה.`,
  number_taken: msg`המספר הזה כבר שייך ללקוח אחר.`,
  slot_taken: msg`השעה הזאת כבר תפוסה.`,
  outside_hours: msg`השעה הזאת מחוץ לשעות הפתיחה.`,
  too_soon: msg`השעה הזאת כבר עברה, או קרובה מדי.`,
  no_resource: msg`אין מי שנותן את השירות הזה. אפשר לשנות את זה בהגדרות, תחת עובדים ועמדות.`,
  service_archived: msg`השירות הוסר. אפשר להחזיר אותו בהגדרות, תחת שירותים, או לבחור שירות אחר.`,
  invalid_recipient: msg`זה לא מספר טלפון ולא מזהה WhatsApp.`,
  recipient_not_allowed: msg`לפי ההגדרות לא פונים ראשונים למספר כזה. לענות למי שפנה אפשר תמיד.`,
  too_many_new_chats: msg`ב־24 השעות האחרונות פניתם להרבה לקוחות חדשים. כדי ש־WhatsApp לא תחסום את המספר, ממשיכים בעוד כמה שעות. לענות למי שכתב אפשר תמיד.`,
  reply_to_unknown: msg`אי אפשר לצטט את ההודעה הזאת. אפשר לשלוח בלי הציטוט.`,
  empty_message: msg`צריך לכתוב משהו לפני השליחה.`,
  text_too_long: msg`ההודעה ארוכה מדי.`,
  no_provider: msg`אין כרגע דרך WhatsApp פעילה שיכולה לשלוח את ההודעה.`,
  provider_disabled: msg`הדרך הזאת לא מופעלת.`,
  key_reused: msg`הבקשה הזאת כבר נשלחה בנוסח אחר. אפשר לנסות שוב.`,
  last_address: msg`זה המספר האחרון של הלקוח, ולפיו מזהים אותו. אפשר לתקן אותו, או להוסיף קודם מספר אחר.`,
  no_address: msg`ללקוח הזה אין מספר או כתובת, ולכן אי אפשר לעשות את זה.`,
  contact_blocked: msg`הלקוח חסום. כדי להתקשר אליו צריך קודם לבטל את החסימה.`,
  contact_opted_out: msg`לא נשלחות הודעות ללקוח הזה. הסיבה רשומה בכרטיס שלו.`,
  template_required: msg`עברו יותר מ־24 שעות מההודעה האחרונה. אפשר לשלוח רק תבנית מאושרת, והיא לא הוגדרה.`,
  media_unknown: msg`הקובץ לא נמצא, או שהוא גדול מדי. צריך להעלות אותו שוב.`,
  media_url_refused: msg`אי אפשר לקחת קובץ מהכתובת הזאת.`,
  media_expired: msg`הקובץ נמחק, כי עבר הזמן ששומרים קבצים.`,
  recording_expired: msg`ההקלטה נמחקה, כי עבר הזמן ששומרים הקלטות.`,
  unsupported_sound: msg`אי אפשר להשמיע את הקובץ הזה. מתאימים קובצי WAV ו־MP3.`,
  greeting_too_long: msg`הברכה ארוכה מדי: מי שמתקשר מחכה לסופה.`,
  call_over: msg`השיחה כבר נגמרה.`,
  no_sound: msg`כרגע אין מה לשמוע בשיחה הזאת: הברכה מושמעת, או שהשיחה כבר לא עוברת כאן.`,
  no_agent: msg`הסוכן לא מנהל את השיחה כרגע: הברכה מושמעת, או שהשיחה אצל המענה המוקלט או אצל אדם.`,
  no_transfer_number: msg`לא הוגדר מספר שאליו מעבירים שיחות, או שהשיחה הגיעה ממנו. מגדירים אותו בהגדרות, תחת הסוכן.`,
  own_number: msg`זה המספר של העסק עצמו, ולכן אי אפשר להתקשר או לכתוב אליו.`,
  already_called: msg`הסוכן כבר עומד להתקשר אל הלקוח, או שכבר חזר לשיחה הזאת.`,
  no_caller_id: msg`לא ידוע מאיזה מספר להתקשר. מגדירים את המספר של העסק בהגדרות, תחת טלפון.`,
  no_engine: msg`הסוכן לא יכול לענות: חסר מפתח לשירות ה־AI. מוסיפים אותו בהגדרות, תחת הסוכן.`,
  limit_reached: msg`הגעתם לתקרה היומית של שיחות עם הסוכן. אפשר לשנות אותה בהגדרות, תחת טלפון.`,
  unavailable: msg`אי אפשר לשמור כרגע. ייתכן שהדיסק מלא.`,
  timeout: msg`זה נמשך יותר מדי. אפשר לנסות שוב.`,
  internal: msg`אירעה תקלה במכונה. הפרטים ביומן שלה.`,
  backup_running: msg`גיבוי אחר כבר רץ. אפשר לנסות שוב כשיסתיים.`,
  no_space: msg`אין בדיסק מקום לגיבוי.`,
  calls_active: msg`יש שיחות על הקו. אפשר להפעיל מחדש אחרי שיסתיימו.`,
  not_supervised: msg`המכונה לא תעלה שוב לבד, כי היא הופעלה ביד. צריך להפעיל אותה מחדש באותה דרך.`,
  setting_locked: msg`ההגדרה הזאת נקבעת בקובץ ההגדרות של המכונה, ומשנים אותה רק שם.`,
  settings_not_active: msg`השינוי נשמר אבל עוד לא פעיל, כי טעינת ההגדרות נכשלה. הסיבה כתובה ביומן של השירות.`,
  settings_rejected: msg`יש שגיאה בקובץ ההגדרות של המכונה. עד שיתוקן אי אפשר לשנות כאן דבר.`,
  bridge_disabled: msg`הגשר ל־WhatsApp לא בשימוש.`,
  bridge_unreachable: msg`הגשר ל־WhatsApp לא פועל או לא עונה. צריך לוודא שהשירות שלו רץ.`,
  bridge_unauthorized: msg`הגשר ל־WhatsApp לא קיבל את הסיסמה של המכונה.`,
  bridge_unsupported: msg`הגשר הזה לא יודע לעשות זאת. צריך לעדכן אותו.`,
  bridge_failed: msg`הגשר ל־WhatsApp נכשל. הסיבה ביומן שלו.`,
  bridge_not_ready: msg`הגשר לא מוכן לכך כרגע. אפשר לנסות שוב בעוד רגע.`,
  not_ringing: msg`השיחה כבר לא מצלצלת כאן.`,
  already_answered: msg`עובד אחר כבר מדבר עם הלקוח.`,
  already_paired: msg`כבר יש חשבון מקושר. צריך לנתק אותו קודם.`,
  invalid_phone: msg`זה לא מספר טלפון של WhatsApp.`,
  whatsapp_refused: msg`WhatsApp סירבה. אפשר לנסות שוב מאוחר יותר.`,
  twilio_unreachable: msg`אין קשר עם Twilio. צריך לוודא שהמכונה מחוברת לאינטרנט, ולנסות שוב.`,
  twilio_refused: msg`Twilio סירבה לבקשה. כדאי לבדוק את פרטי החשבון בהגדרות, תחת טלפון.`,
  twilio_not_configured: msg`עוד לא חובר חשבון Twilio. מחברים אותו בהגדרות, תחת טלפון.`,
  no_public_address: msg`עוד לא נקבעה הכתובת שבה Twilio פונה למכונה. קובעים אותה בהגדרות, תחת כתובת ותעודה.`,
  number_not_direct: msg`המספר הזה מחובר ב־Twilio ל־SIP trunk או ל־TwiML app. צריך להסיר אותו משם, באתר של Twilio.`,
  nothing_to_undo: msg`אין מה לבטל: המספר הזה לא הופנה מכאן.`,
}

/** Returns undefined if this page does not know the code. */
export function codeText(code: string | null | undefined): string | undefined {
  const own: MessageDescriptor | undefined = TEXTS[code as ErrorCode]
  return own && i18n._(own)
}

/** `unavailable` for a request that only reads. */
const BUSY = msg`המכונה לא יכולה לענות כרגע. אפשר לנסות שוב בעוד רגע.`

/** Returns the text for the user. For most unknown codes, this is the daemon's own message, which is not translated. */
export function problemText({ code, message, status, isRead }: ApiError): string {
  if (code === 'unavailable' && isRead) return i18n._(BUSY)
  const own = codeText(code)
  if (own) return own
  return code.startsWith('http_') ? i18n._(msg`הבקשה נכשלה, והתשובה לא אומרת למה (${status}).`) : message
}
