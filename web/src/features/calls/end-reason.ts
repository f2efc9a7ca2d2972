import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { Schemas } from '#shared/api/client'

export const endTexts: Record<Schemas['EndReason'], MessageDescriptor> = {
  caller_hung_up: msg`הצד השני ניתק`,
  agent_hung_up: msg`הסוכן נפרד וניתק`,
  employee_hung_up: msg`עובד סיים אותה`,
  message_taken: msg`נגמרה אחרי ההודעה`,
  transferred: msg`הועברה אליכם`,
  idle: msg`היה שקט, והשיחה נותקה`,
  too_long: msg`הגיעה לאורך המרבי`,
  fallback: msg`הסוכן לא היה זמין, והמענה הפשוט ענה`,
  dropped: msg`הקו נותק`,
  shutdown: msg`המכונה נעצרה באמצע`,
  not_connected: msg`לא התחברה`,
  blocked: msg`נדחתה, כי הלקוח חסום`,
  robot: msg`התקשרה מכונה, והסוכן ניתק`,
  interrupted: msg`נקטעה בתקלה`,
}
