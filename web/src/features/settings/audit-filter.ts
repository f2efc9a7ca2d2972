import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { idOf } from '#shared/url'

/** The filters of the audit log, as the URL has them. */
export interface AuditFilter {
  actor?: string
  subject?: string
  contact_id?: number
  from?: string
  to?: string
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const ACTOR = /^(user:\d+|token:\d+|[a-z]+)$/

/** Ignores what the daemon would refuse, for example in a link that was changed by hand. */
export function filterOf(params: URLSearchParams): AuditFilter {
  const matching = (name: string, form: RegExp) => {
    const value = params.get(name)
    return value && form.test(value) ? { [name]: value } : {}
  }
  const contact = idOf(params.get('contact'))
  return {
    ...matching('actor', ACTOR),
    ...(SUBJECTS.some(([noun]) => noun === params.get('subject')) && { subject: params.get('subject') ?? '' }),
    ...(contact !== null && { contact_id: contact }),
    ...matching('from', DAY),
    ...matching('to', DAY),
  }
}

/** The kinds of resources by which the log can be filtered. */
export const SUBJECTS: readonly (readonly [string, MessageDescriptor])[] = [
  ['contact', msg`לקוחות`],
  ['inbox', msg`פניות`],
  ['message', msg`הודעות`],
  ['scheduled-message', msg`הודעות מתוזמנות`],
  ['appointment', msg`תורים`],
  ['waiting-list', msg`רשימת ההמתנה`],
  ['task', msg`משימות`],
  ['note', msg`הערות`],
  ['lead', msg`לידים`],
  ['call', msg`שיחות`],
  ['tag', msg`תגיות`],
  ['service', msg`שירותים`],
  ['resource', msg`עובדים ועמדות`],
  ['fact', msg`עובדות`],
  ['setting', msg`הגדרות`],
  ['agent-tool', msg`כלים של הסוכן`],
  ['user', msg`משתמשים`],
  ['token', msg`אסימוני API`],
  ['backup', msg`גיבויים`],
]
