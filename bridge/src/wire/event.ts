/**
 * An event for the daemon: the body of a request to its webhook `/webhook/whatsapp/baileys`.
 * `tests/fixtures/bridge/messages.json` contains examples of messages and changes, which the daemon's tests also read.
 */
export type WireEvent = MessageEvent | StatusEvent | ChangeEvent

/** The chat to which an event belongs. */
export interface Chat {
  /**
   * The author of the message, change or receipt: digits of a phone number, or an address (`…@lid`) if the number is
   * not known. With `from_me` it is the business's own number.
   */
  readonly from: string
  /** The contact, if the business wrote the message or made the change on its own phone. */
  readonly to?: string
  readonly from_me?: true
  /** The contact's phone number: digits only. */
  readonly phone?: string
  /** The contact's LID, `…@lid`: WhatsApp's id for a contact that hides the phone number. */
  readonly lid?: string
  /** The author within a group or a list. */
  readonly participant?: string
}

/** The kinds of messages, with the daemon's names. */
export type Kind =
  | 'text'
  | 'image'
  | 'audio'
  | 'voice'
  | 'video'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contact'
  | 'other'

export interface MessageEvent extends Chat {
  readonly event: 'message'
  readonly provider_msg_id: string
  readonly type: Kind
  /** The text; for a file its caption; for a location, a contact or a choice its description. */
  readonly text: string
  /** The URL from which the daemon fetches the message's file; null if the message has no file. */
  readonly media_url: string | null
  readonly mime?: string
  readonly file_name?: string
  /** The length of audio or a video, in seconds. */
  readonly seconds?: number
  /** The id of the quoted message. */
  readonly quoted?: string
  readonly push_name?: string
  /** When the message was written, Unix seconds. */
  readonly timestamp?: number
  readonly view_once?: true
  /** A payment, or a request for one, of which only the phone shows the amount. */
  readonly payment?: true
  /** The start of the event to which the contact invites, in Unix seconds. */
  readonly starts_at?: number
  readonly forwarded?: true
  /** The message was written before the phone was linked. */
  readonly history?: true
  /**
   * The message was delayed: WhatsApp queued it while the bridge was not connected, the phone sent it again, or the
   * bridge queued it for the daemon.
   */
  readonly waited?: true
}

/** A new status of a message that the business sent, from a receipt of the recipient's phone. */
export interface StatusEvent extends Chat {
  readonly event: 'status'
  readonly id: string
  readonly status: Status
  readonly timestamp?: number
}

export type Status = 'sent' | 'delivered' | 'read' | 'played'

/** A change of an earlier message. */
export interface ChangeEvent extends Chat {
  readonly event: 'reaction' | 'edit' | 'deletion'
  readonly id: string
  /** The id of the earlier message. */
  readonly target: string
  /** The emoji (an empty one removes the reaction), or the new text; empty for a deletion. */
  readonly text: string
  readonly push_name?: string
  readonly timestamp?: number
}
