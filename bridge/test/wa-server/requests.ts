// The request bodies of the control API.
import type { ContentRequest } from './content.ts'
import type { Drop } from './endings.ts'
import type { ReceiptType } from './receipts.ts'
import type { Addressing, Route } from './route.ts'

export type { HistoryRequest } from './history.ts'

/** A message from a user to the business. */
export interface InboundRequest extends ContentRequest {
  /** The writer's phone number, digits. */
  from: string
  /** The sender's display name. */
  name?: string
  /** The sender's LID, digits; by default derived from the number. */
  lid?: string
  id?: string
  /** The group of the message: `…@g.us`. */
  group?: string
  /** `status`, or the broadcast list of the message: `…@broadcast`. */
  broadcast?: string
  /** The channel of the message: `…@newsletter`. */
  newsletter?: string
  /** The default is pn, or lid in groups. */
  addressing?: Addressing
  /** Omits the phone number (with LID addressing). */
  hidePhone?: boolean
  /**
   * true: the device only learns that a view-once message exists; "wrapped": it gets the message, marked as view-once.
   */
  viewOnce?: boolean | 'wrapped'
  /**
   * The message arrives without its content, which only the phone has, like the first message after a tap on an
   * advertisement.
   */
  absent?: boolean
}

/** A message from the business's own phone to a user. */
export interface FromPhoneRequest extends ContentRequest {
  /** A phone number or an address. */
  to: string
  id?: string
  addressing?: Addressing
}

/** A receipt for a message of the device or the business's own phone. */
export interface ReceiptRequest {
  id: string
  /** The default is delivery. */
  type?: ReceiptType
  /** The ids of further messages in the same chat. */
  ids?: string[]
  /** In groups the member; by default any member. */
  from?: string
  /** The addressing of the user's receipt; by default that of the message. */
  addressing?: Addressing
}

export interface RestrictRequest {
  /** Unix ms; null: the restriction is lifted. */
  until: number | null
}

export interface DropRequest {
  kind: Drop
  /** The code for the kind "code". */
  code?: number
}

export function routeOf(request: InboundRequest): Route {
  const { group, broadcast, newsletter, hidePhone = false } = request
  const { addressing = group ? 'lid' : 'pn' } = request
  if (newsletter) return { kind: 'newsletter', chat: newsletter }
  if (group) return { kind: 'group', chat: group, addressing, hidePhone }
  if (broadcast === 'status') return { kind: 'status', chat: 'status@broadcast', addressing, hidePhone }
  if (broadcast) return { kind: 'list', chat: broadcast, addressing, hidePhone }
  return { kind: 'chat', addressing, hidePhone }
}
