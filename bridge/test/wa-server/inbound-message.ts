// A message to the device, and its state.
import type { BinaryNode, proto } from 'baileys'
import type { Route } from './route.ts'
import type { User } from './user.ts'

/**
 * `queued`: waits for the device; `sent`: in transit; `acknowledged`: the device has the message; `refused`: the device
 * has refused it permanently; `retry`: the device could not decrypt it, and it was not sent again; `gone`: the device
 * is no longer linked.
 */
export type InboundState = 'queued' | 'sent' | 'acknowledged' | 'refused' | 'retry' | 'gone'

export interface InboundMessage {
  readonly id: string
  readonly sender: User
  readonly route: Route
  readonly content: proto.IMessage
  /**
   * Why the device gets no content: a view-once message, which it may not show, or a message whose content only the
   * phone has.
   */
  readonly unavailable: 'view_once' | 'absent' | false
  /** Whether the phone cannot upload the media again. */
  readonly lost: boolean
  /** When the message was sent, Unix seconds. */
  readonly t: string
  state: InboundState
  deliveries: number
  retries: number
  read: boolean
  sealed: BinaryNode[] | undefined
  /** A retry receipt has arrived. Baileys sends a refusal after it, which must be ignored. */
  refusalIsRetry: boolean
}

export type NewMessage = Pick<InboundMessage, 'id' | 'sender' | 'route' | 'content' | 'unavailable' | 'lost'>
