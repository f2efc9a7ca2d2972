/**
 * What the daemon is told, as the body of its webhook `/webhook/whatsapp/baileys`. Fields that are not there are left out.
 * The fixtures in `tests/fixtures/bridge` hold one of each; the daemon's tests read the same ones.
 */
export type WireEvent = MessageEvent | StatusEvent | ChangeEvent

/** Whose chat something is in. */
export interface Chat {
  /** Who it is from: digits of a phone number, or an address (`…@lid`, `…@g.us`) where the number is not known. */
  readonly from: string
  /** Of what the business wrote on its own phone: whom to. */
  readonly to?: string
  readonly from_me?: true
  /** The person's phone number, digits. */
  readonly phone?: string
  /** The person's LID, `…@lid`: WhatsApp's name for a person that hides the number. */
  readonly lid?: string
  /** Who wrote it within a group or a list. */
  readonly participant?: string
}

/** Kinds of messages, in the daemon's words. */
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
  /** The words; for a file its caption; for a place, a contact or a choice what it says in words. */
  readonly text: string
  readonly media_url: string | null
  readonly mime?: string
  readonly file_name?: string
  /** Seconds of a voice note or a film. */
  readonly seconds?: number
  /** The id of the message that it answers. */
  readonly quoted?: string
  readonly push_name?: string
  /** When it was written, Unix seconds. */
  readonly timestamp?: number
  readonly view_once?: true
  readonly forwarded?: true
  /** It was written before the phone was linked. */
  readonly history?: true
  /** It did not come at once: WhatsApp kept it while the bridge was not connected, or the bridge kept it for the daemon. */
  readonly waited?: true
}

/** How far a message of ours has come. */
export interface StatusEvent extends Chat {
  readonly event: 'status'
  readonly id: string
  readonly status: Status
  readonly timestamp?: number
}

export type Status = 'sent' | 'delivered' | 'read' | 'played'

/** Something that changes an earlier message. */
export interface ChangeEvent extends Chat {
  readonly event: 'reaction' | 'edit' | 'deletion'
  readonly id: string
  /** The id of the earlier message. */
  readonly target: string
  /** The emoji (none takes the reaction back), or the new words. */
  readonly text: string
  readonly push_name?: string
  readonly timestamp?: number
}
