// What tests ask of the server: the bodies of the control API's calls.
import type { ContentRequest } from './content.ts'
import type { Drop } from './endings.ts'
import type { ReceiptType } from './receipts.ts'
import type { Addressing, Route } from './route.ts'

export type { HistoryRequest } from './history.ts'

/** Somebody writes to the business. */
export interface InboundRequest extends ContentRequest {
  /** The writer's phone number, digits. */
  from: string
  /** The name that the writer shows. */
  name?: string
  /** The writer's LID, digits; default: one made from the number. */
  lid?: string
  id?: string
  /** The group in which it is written: `…@g.us`. */
  group?: string
  /** `status`, or the broadcast list by which it comes: `…@broadcast`. */
  broadcast?: string
  /** The channel in which it is published: `…@newsletter`. */
  newsletter?: string
  /** Default: pn, and lid in groups. */
  addressing?: Addressing
  /** With LID addressing: the phone number is not told. */
  hidePhone?: boolean
  /** true: the device only hears that there is a message for one view; "wrapped": it gets it, marked as such. */
  viewOnce?: boolean | 'wrapped'
  /** It comes without its content, which only the phone has, as the first message behind an advertisement does. */
  absent?: boolean
}

/** The business's own phone writes to somebody. */
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
  /** In groups: who; default: somebody. */
  from?: string
  /** Under which address the person answers; default: the one to which it was sent. */
  addressing?: Addressing
}

/** A connection ends. */
export interface DropRequest {
  kind: Drop
  /** For the kind "code". */
  code?: number
}

/** The way by which a message comes. */
export function routeOf(request: InboundRequest): Route {
  const { group, broadcast, newsletter, hidePhone = false } = request
  const { addressing = group ? 'lid' : 'pn' } = request
  if (newsletter) return { kind: 'newsletter', chat: newsletter }
  if (group) return { kind: 'group', chat: group, addressing, hidePhone }
  if (broadcast === 'status') return { kind: 'status', chat: 'status@broadcast', addressing, hidePhone }
  if (broadcast) return { kind: 'list', chat: broadcast, addressing, hidePhone }
  return { kind: 'chat', addressing, hidePhone }
}
