import { normalizeMessageContent, proto, toNumber, unpadRandomMax16 } from 'baileys'
import type { Chat, WireEvent } from '../wire/event.ts'
import { type Contact, wireAddressOf } from './contact-identity.ts'
import type { Envelope } from './envelope.ts'
import { type MediaContent, readContent } from './message-content.ts'

/** A decrypted message, with the data of its stanza. */
export interface Incoming {
  readonly id: string
  readonly envelope: Envelope
  readonly contact: Contact
  readonly pushName?: string | undefined
  /** When the message was written, Unix seconds. */
  readonly timestamp?: number | undefined
  readonly message: proto.IMessage
  readonly history?: boolean
  /** The message was delayed: WhatsApp queued it while the bridge was not connected, or the phone sent it again. */
  readonly waited?: boolean
  /** The business's own phone number: digits only. */
  readonly own: string
}

/** The daemon's event for a message. The event's `media_url` is set later, when the file has a URL. */
export interface ParsedMessage {
  readonly event: WireEvent
  readonly file?: MediaContent
}

/** Decodes the message within the decrypted content. */
export function decode({ plain }: { plain: Uint8Array }): proto.IMessage {
  const outer = proto.Message.decode(unpadRandomMax16(plain))
  // A message that our own phone has sent is wrapped in `deviceSentMessage`.
  return outer.deviceSentMessage?.message ?? outer
}

/** Returns the file of a message, with the data that identifies it. */
export function fileOf(
  message: proto.IMessage,
  { chat, fromMe, participant }: Envelope,
  id: string | undefined,
): { key: proto.IMessageKey; content: MediaContent } | undefined {
  const content = readContent(message)?.file
  if (!content) return undefined
  return { key: { remoteJid: chat, id: id ?? '', fromMe, participant: participant ?? null }, content }
}

/**
 * Converts a message to an event; returns `undefined` if the message has no content for a user, or is a change that
 * does not name the changed message.
 */
export function parseMessage(incoming: Incoming): ParsedMessage | undefined {
  const message = normalizeMessageContent(incoming.message)
  if (!message) return undefined
  const chat = chatOf(incoming)
  const about = {
    id: incoming.id,
    ...(incoming.pushName && !incoming.envelope.fromMe ? { push_name: incoming.pushName } : {}),
    ...(incoming.timestamp ? { timestamp: incoming.timestamp } : {}),
  }
  const reaction = message.reactionMessage
  if (reaction) {
    return change({ event: 'reaction', ...chat, ...about, target: reaction.key?.id ?? '', text: reaction.text ?? '' })
  }
  const protocol = message.protocolMessage
  if (protocol?.type === proto.Message.ProtocolMessage.Type.REVOKE) {
    return change({ event: 'deletion', ...chat, ...about, target: protocol.key?.id ?? '', text: '' })
  }
  if (protocol?.type === proto.Message.ProtocolMessage.Type.MESSAGE_EDIT) {
    const text = protocol.editedMessage ? (readContent(protocol.editedMessage)?.text ?? '') : ''
    return change({ event: 'edit', ...chat, ...about, target: protocol.key?.id ?? '', text })
  }
  const content = readContent(incoming.message)
  if (!content) return undefined
  const { id, ...rest } = about
  return {
    event: {
      event: 'message',
      provider_msg_id: id,
      ...chat,
      type: content.kind,
      text: content.text,
      media_url: null,
      ...(content.file?.mime ? { mime: content.file.mime } : {}),
      ...(content.file?.fileName ? { file_name: content.file.fileName } : {}),
      ...(content.seconds ? { seconds: content.seconds } : {}),
      ...(content.context?.stanzaId ? { quoted: content.context.stanzaId } : {}),
      ...rest,
      ...(content.viewOnce ? { view_once: true as const } : {}),
      ...(content.payment ? { payment: true as const } : {}),
      ...(content.startsAt ? { starts_at: content.startsAt } : {}),
      ...(content.context?.isForwarded ? { forwarded: true as const } : {}),
      ...(incoming.history ? { history: true as const } : {}),
      ...(incoming.waited ? { waited: true as const } : {}),
    },
    ...(content.file ? { file: content.file } : {}),
  }
}

/**
 * Returns the event for a view-once message. A linked device learns only that the message exists: only the phone can
 * show it.
 */
export function parseUnavailable(incoming: Omit<Incoming, 'message'>): ParsedMessage {
  const { timestamp, pushName, id, waited } = incoming
  return {
    event: {
      event: 'message',
      provider_msg_id: id,
      ...chatOf(incoming),
      type: 'other',
      text: '',
      media_url: null,
      ...(pushName ? { push_name: pushName } : {}),
      ...(timestamp ? { timestamp } : {}),
      view_once: true,
      ...(waited ? { waited: true as const } : {}),
    },
  }
}

/** Returns the messages that our own phone sends again, because this device did not get their content. */
export function resentMessages(message: proto.IMessage): proto.IWebMessageInfo[] {
  const response = normalizeMessageContent(message)?.protocolMessage?.peerDataOperationRequestResponseMessage
  return (response?.peerDataOperationResult ?? []).flatMap(result => {
    const bytes = result.placeholderMessageResendResponse?.webMessageInfoBytes
    return bytes?.length ? [proto.WebMessageInfo.decode(bytes)] : []
  })
}

/**
 * Converts a message from the format of the history and of the phone's answers; returns `undefined` if the message has
 * no id, chat or content.
 */
export function incomingOf(
  info: proto.IWebMessageInfo,
  contact: Contact,
  own: string,
  history: boolean,
): Incoming | undefined {
  const { key, message } = info
  if (!key?.id || !key.remoteJid || !message) return undefined
  const participant = key.participant ?? info.participant ?? undefined
  return {
    id: key.id,
    envelope: { chat: key.remoteJid, fromMe: key.fromMe ?? false, participant },
    contact,
    pushName: info.pushName ?? undefined,
    timestamp: toNumber(info.messageTimestamp) || undefined,
    message,
    history,
    // A resent message is late: this device could not read its content the first time.
    waited: !history,
    own,
  }
}

function chatOf({ envelope, contact, own }: Pick<Incoming, 'envelope' | 'contact' | 'own'>): Chat {
  const them = wireAddressOf(contact)
  return {
    ...(envelope.fromMe ? { from: own, to: them, from_me: true as const } : { from: them }),
    ...(contact.phone ? { phone: contact.phone } : {}),
    ...(contact.lid ? { lid: contact.lid } : {}),
    ...(envelope.participant ? { participant: envelope.participant } : {}),
  }
}

/** Drops a change that names no message, because it has no effect. */
function change(event: Extract<WireEvent, { target: string }>): ParsedMessage | undefined {
  return event.target === '' ? undefined : { event }
}
