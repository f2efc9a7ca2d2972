// The requests of tests to the server: the bodies of the control API's calls.
import type { ContentRequest } from './content.ts'
import type { Drop } from './endings.ts'
import type { ReceiptType } from './receipts.ts'
import type { Addressing, Route } from './route.ts'

export type { HistoryRequest } from './history.ts'

/** A person writes to the business. */
export interface InboundRequest extends ContentRequest {
  /** The writer's phone number, digits. */
  from: string
  /** The name that the writer shows. */
  name?: string
  /** The writer's LID, digits; default: one derived from the number. */
  lid?: string
  id?: string
  /** The group in which it is written: `…@g.us`. */
  group?: string
  /** `status`, or the broadcast list of the message: `…@broadcast`. */
  broadcast?: string
  /** The channel in which it is published: `…@newsletter`. */
  newsletter?: string
  /** Default: pn, and lid in groups. */
  addressing?: Addressing
  /** With LID addressing: the phone number is omitted. */
  hidePhone?: boolean
  /** true: the device only learns that there is a view-once message; "wrapped": it gets it, marked as such. */
  viewOnce?: boolean | 'wrapped'
  /** It arrives without its content, which only the phone has, as the first message after a tapped advertisement. */
  absent?: boolean
}

/** The business's own phone writes to a person. */
export interface FromPhoneRequest extends ContentRequest {
  /** A phone number or an address. */
  to: string
  id?: string
  addressing?: Addressing
}

/** A receipt for what the device or the business's own phone has sent. */
export interface ReceiptRequest {
  id: string
  /** Default: delivery. */
  type?: ReceiptType
  /** More messages of the same chat. */
  ids?: string[]
  /** In groups: the member; default: any member. */
  from?: string
  /** The address from which the person answers; default: the one to which the message was sent. */
  addressing?: Addressing
}

/** A connection ends. */
export interface DropRequest {
  kind: Drop
  /** For the kind "code". */
  code?: number
}

/** The route of a message. */
export function routeOf(request: InboundRequest): Route {
  const { group, broadcast, newsletter, hidePhone = false } = request
  const { addressing = group ? 'lid' : 'pn' } = request
  if (newsletter) return { kind: 'newsletter', chat: newsletter }
  if (group) return { kind: 'group', chat: group, addressing, hidePhone }
  if (broadcast === 'status') return { kind: 'status', chat: 'status@broadcast', addressing, hidePhone }
  if (broadcast) return { kind: 'list', chat: broadcast, addressing, hidePhone }
  return { kind: 'chat', addressing, hidePhone }
}
