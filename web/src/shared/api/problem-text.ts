import type { MessageDescriptor } from '@lingui/core'
import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { ApiError } from './errors'

const TEXTS: Record<string, MessageDescriptor> = {
  offline: msg`אין חיבור למכונה. אפשר לנסות שוב בעוד רגע.`,
  gateway: msg`המכונה לא עונה כרגע, אבל מה ששמור בה נשאר. אפשר לנסות שוב בעוד רגע.`,
  bad_answer: msg`התשובה שהגיעה לא שלמה, או לא מהמכונה. אפשר לנסות שוב.`,
  wrong_password: msg`שם המשתמש או הסיסמה לא נכונים. אפשר לנסות שוב.`,
  password_short: msg`הסיסמה קצרה מדי. צריך לפחות 10 תווים.`,
  password_long: msg`הסיסמה ארוכה מדי.`,
  password_repeated: msg`הסיסמה חוזרת על טקסט קצר. צריך 10 תווים שלא חוזרים על עצמם.`,
  password_common: msg`זו סיסמה נפוצה, או רצף של מקשים, וקל לנחש אותה. בחרו אחרת, למשל כמה מילים שלא קשורות זו לזו.`,
  password_name: msg`הסיסמה היא כמעט רק שם, וקל לנחש אותה. בחרו אחרת, למשל כמה מילים שלא קשורות זו לזו.`,
  too_many_requests: msg`יותר מדי ניסיונות. אפשר לנסות שוב בעוד כמה דקות.`,
  not_found: msg`זה כבר לא קיים. ייתכן שנמחק.`,
  forbidden: msg`אין לכם הרשאה לזה. בעלי העסק יכולים לתת אותה.`,
  unauthorized: msg`הכניסה הסתיימה. צריך להיכנס שוב.`,
  csrf: msg`הכניסה הסתיימה. צריך להיכנס שוב.`,
  invalid: msg`אחד השדות לא תקין.`,
  too_large: msg`הקובץ או הטקסט גדול מדי.`,
  changed: msg`מישהו שינה את זה בינתיים.`,
  conflict: msg`זה כבר קיים.`,
  invalid_recipient: msg`זה לא מספר טלפון ולא מזהה WhatsApp.`,
  empty_message: msg`צריך לכתוב משהו לפני השליחה.`,
  text_too_long: msg`ההודעה ארוכה מדי.`,
  no_provider: msg`אין כרגע דרך WhatsApp פעילה שיכולה לשלוח את ההודעה.`,
  provider_disabled: msg`הדרך הזאת לא מופעלת.`,
  key_reused: msg`ההודעה כבר נשלחה בנוסח אחר. אפשר לנסות שוב.`,
  contact_opted_out: msg`הלקוח ביקש לא לקבל הודעות. אפשר לכתוב לו שוב אחרי שיכתוב.`,
  template_required: msg`עברו יותר מ־24 שעות מההודעה האחרונה. אפשר לשלוח רק תבנית מאושרת, והיא לא הוגדרה.`,
  unavailable: msg`אי אפשר לשמור כרגע. ייתכן שהדיסק מלא.`,
  timeout: msg`זה נמשך יותר מדי. אפשר לנסות שוב.`,
  internal: msg`אירעה תקלה במכונה. הפרטים ביומן שלה.`,
  bridge_disabled: msg`הגשר ל־WhatsApp לא בשימוש.`,
  bridge_unreachable: msg`הגשר ל־WhatsApp לא פועל או לא עונה. צריך לוודא שהשירות שלו רץ.`,
  bridge_unauthorized: msg`הגשר ל־WhatsApp לא קיבל את הסיסמה של המכונה.`,
  bridge_unsupported: msg`הגשר הזה לא יודע לעשות זאת. צריך לעדכן אותו.`,
  bridge_failed: msg`הגשר ל־WhatsApp נכשל. הסיבה ביומן שלו.`,
  bridge_not_ready: msg`הגשר לא מוכן לכך כרגע. אפשר לנסות שוב בעוד רגע.`,
  already_paired: msg`כבר יש חשבון מקושר. צריך לנתק אותו קודם.`,
  invalid_phone: msg`זה לא מספר טלפון של WhatsApp.`,
  twilio_unreachable: msg`אין קשר עם Twilio. צריך לוודא שהמכונה מחוברת לאינטרנט, ולנסות שוב.`,
  whatsapp_refused: msg`WhatsApp סירבה. אפשר לנסות שוב מאוחר יותר.`,
}

/** What happened, in the page's language; the daemon's sentence where the page has none of its own. */
export function problemText(error: ApiError): string {
  const own = TEXTS[error.code]
  if (own) return i18n._(own)
  if (!error.code.startsWith('http_')) return error.message
  const { status } = error
  return i18n._(msg`הבקשה נכשלה, והתשובה לא אומרת למה (${status}).`)
}
