// WhatsApp limits an account that has written to too many new contacts: it cannot begin new chats.
import { type BinaryNode, S_WHATSAPP_NET } from 'baileys'
import { newMessageId, seconds, stanza } from './stanza.ts'

/** Builds the notification of a restriction until a time (Unix ms), or (null) of its end. */
export function restrictionNotice(until: number | null): BinaryNode {
  const timelock =
    until === null ? { is_active: false } : { is_active: true, time_enforcement_ends: String(Math.floor(until / 1000)) }
  const body = JSON.stringify({ data: { xwa2_notify_account_reachout_timelock: timelock } })
  const attributes = { from: S_WHATSAPP_NET, type: 'mex', id: newMessageId(), t: seconds() }
  const update = stanza('update', { op_name: 'NotificationUserReachoutTimelockUpdate' }, Buffer.from(body))
  return stanza('notification', attributes, [update])
}
