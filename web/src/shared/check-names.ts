import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'

/** The checks of the self-check. A newer daemon may have others. */
export const CHECK_NAMES: Record<string, MessageDescriptor> = {
  database: msg`מסד הנתונים`,
  published_copy: msg`העותק לקריאה`,
  disk: msg`מקום בדיסק`,
  outbox: msg`הודעות יוצאות`,
  jobs: msg`עבודות רקע`,
  bridge: msg`הגשר ל־WhatsApp`,
  openai: msg`שירות ה־AI`,
  twilio: msg`Twilio`,
  certificate: msg`תעודה`,
  backup: msg`גיבוי`,
  address: msg`הכתובת הציבורית`,
  webhooks: msg`הפניית השיחות`,
}
