// A message to the device, and its state.
import type { BinaryNode, proto } from 'baileys'
import type { Person } from './person.ts'
import type { Route } from './route.ts'

/**
 * queued: waits for the device; sent: in transit; acknowledged: the device has it; refused: the device has refused it
 * permanently; retry: it could not be decrypted, and has not been sent again; gone: the device is not linked any
 * more.
 */
export type InboundState = 'queued' | 'sent' | 'acknowledged' | 'refused' | 'retry' | 'gone'

/** A message to the device. */
export interface InboundMessage {
  readonly id: string
  readonly sender: Person
  readonly route: Route
  readonly content: proto.IMessage
  /**
   * The device gets no content: a view-once message, which it may not show, or one whose content only the phone has.
   */
  readonly unavailable: 'view_once' | 'absent' | false
  /** The phone cannot upload the media again. */
  readonly lost: boolean
  /** Seconds since 1970. */
  readonly t: string
  state: InboundState
  deliveries: number
  retries: number
  read: boolean
  /** The encrypted content. */
  sealed: BinaryNode[] | undefined
  /** A retry receipt arrived; Baileys sends a refusal after it, which has no meaning. */
  refusalIsRetry: boolean
}

/** What a new message needs. */
export type NewMessage = Pick<InboundMessage, 'id' | 'sender' | 'route' | 'content' | 'unavailable' | 'lost'>
