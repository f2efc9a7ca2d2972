import { extractMessageContent, normalizeMessageContent, type proto } from 'baileys'
import type { Kind } from '../wire/event.ts'

export interface Content {
  readonly kind: Kind
  readonly text: string
  readonly file?: MediaContent
  readonly seconds?: number
  readonly viewOnce: boolean
  /** A payment, or a request for one, of which only the phone shows the amount. */
  readonly payment: boolean
  /** The start of an event, in Unix seconds. */
  readonly startsAt?: number
  readonly context: proto.IContextInfo | undefined
}

/** The URL of a file and its encryption keys, as WhatsApp sends them. */
export interface MediaContent {
  /** The media type, which selects the key derivation. */
  readonly type: 'image' | 'video' | 'audio' | 'document' | 'sticker'
  readonly message: {
    url?: string | null
    directPath?: string | null
    mediaKey?: Uint8Array | null
    fileSha256?: Uint8Array | null
    fileLength?: unknown
  }
  readonly mime: string | undefined
  readonly fileName: string | undefined
}

/** Reads the content of a message; returns `undefined` if there is none, as in a protocol message. */
export function readContent(message: proto.IMessage): Content | undefined {
  const viewOnce = isViewOnce(message)
  const inner = normalizeMessageContent(message)
  if (!inner) return undefined
  const [name, value] = contentField(inner) ?? []
  if (!name) return undefined
  const context = (value as { contextInfo?: proto.IContextInfo | null } | undefined)?.contextInfo ?? undefined
  const reader = READERS[name]
  const content: Read = reader ? reader(inner) : { kind: 'other', text: textOfOtherKinds(inner) }
  return { ...content, text: content.text.slice(0, MAX_TEXT), viewOnce, payment: PAYMENTS.has(name), context }
}

function contentField(message: proto.IMessage): [name: string, value: unknown] | undefined {
  return Object.entries(message).find(
    ([name, value]) => value !== null && value !== undefined && !WITHOUT_CONTENT.has(name),
  )
}

type Read = Omit<Content, 'viewOnce' | 'payment' | 'context'>

const READERS: Readonly<Record<string, (message: proto.IMessage) => Read>> = {
  conversation: m => ({ kind: 'text', text: m.conversation ?? '' }),
  extendedTextMessage: m => ({ kind: 'text', text: m.extendedTextMessage?.text ?? '' }),
  imageMessage: m => file('image', 'image', m.imageMessage),
  videoMessage: m => file('video', 'video', m.videoMessage),
  ptvMessage: m => file('video', 'video', m.ptvMessage),
  audioMessage: m => file(m.audioMessage?.ptt ? 'voice' : 'audio', 'audio', m.audioMessage),
  documentMessage: m => file('document', 'document', m.documentMessage),
  stickerMessage: m => file('sticker', 'sticker', m.stickerMessage),
  lottieStickerMessage: m => file('sticker', 'sticker', m.lottieStickerMessage?.message?.stickerMessage),
  locationMessage: m => ({ kind: 'location', text: locationText(m.locationMessage) }),
  liveLocationMessage: m => ({ kind: 'location', text: locationText(m.liveLocationMessage) }),
  contactMessage: m => ({ kind: 'contact', text: contactCard(m.contactMessage) }),
  contactsArrayMessage: m => ({
    kind: 'contact',
    text: (m.contactsArrayMessage?.contacts ?? []).slice(0, MAX_ITEMS).map(contactCard).join('\n\n'),
  }),
  buttonsResponseMessage: m => ({ kind: 'text', text: m.buttonsResponseMessage?.selectedDisplayText ?? '' }),
  templateButtonReplyMessage: m => ({ kind: 'text', text: m.templateButtonReplyMessage?.selectedDisplayText ?? '' }),
  listResponseMessage: m => ({
    kind: 'text',
    text: lines(m.listResponseMessage?.title, m.listResponseMessage?.description),
  }),
  interactiveResponseMessage: m => ({ kind: 'text', text: m.interactiveResponseMessage?.body?.text ?? '' }),
  pollCreationMessage: m => ({ kind: 'text', text: poll(m.pollCreationMessage) }),
  pollCreationMessageV2: m => ({ kind: 'text', text: poll(m.pollCreationMessageV2) }),
  pollCreationMessageV3: m => ({ kind: 'text', text: poll(m.pollCreationMessageV3) }),
  groupInviteMessage: m => ({
    kind: 'text',
    text: lines(
      m.groupInviteMessage?.groupName,
      m.groupInviteMessage?.caption,
      m.groupInviteMessage?.inviteCode && `https://chat.whatsapp.com/${m.groupInviteMessage.inviteCode}`,
    ),
  }),
  eventMessage: m => event(m.eventMessage),
  productMessage: m => ({
    kind: 'text',
    text: lines(m.productMessage?.product?.title, m.productMessage?.product?.description, m.productMessage?.body),
  }),
  orderMessage: m => ({ kind: 'text', text: lines(m.orderMessage?.orderTitle, m.orderMessage?.message) }),
}

const PAYMENTS = new Set([
  'sendPaymentMessage',
  'requestPaymentMessage',
  'declinePaymentRequestMessage',
  'cancelPaymentRequestMessage',
  'paymentInviteMessage',
])

/** Fields that contain nothing for a user, or a change of an earlier message, which is read elsewhere. */
const WITHOUT_CONTENT = new Set([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'protocolMessage',
  'reactionMessage',
  'encReactionMessage',
  'pollUpdateMessage',
  'keepInChatMessage',
  'pinInChatMessage',
  'encEventResponseMessage',
  'encCommentMessage',
  'secretEncryptedMessage',
  'albumMessage',
  'call',
  'chat',
  'stickerSyncRmrMessage',
  'messageHistoryBundle',
  'messageHistoryNotice',
  'placeholderMessage',
  'bcallMessage',
  'callLogMesssage',
])

interface FileMessage {
  caption?: string | null
  mimetype?: string | null
  fileName?: string | null
  title?: string | null
  seconds?: number | null
  url?: string | null
  directPath?: string | null
  mediaKey?: Uint8Array | null
  fileSha256?: Uint8Array | null
  fileLength?: unknown
}

function file(kind: Kind, type: MediaContent['type'], message: FileMessage | null | undefined): Read {
  const { url, directPath, mediaKey, fileSha256, fileLength } = message ?? {}
  return {
    kind,
    text: message?.caption ?? '',
    ...(message?.seconds ? { seconds: message.seconds } : {}),
    file: {
      type,
      message: { url, directPath, mediaKey, fileSha256, fileLength } as MediaContent['message'],
      mime: message?.mimetype ?? undefined,
      fileName: message?.fileName ?? message?.title ?? undefined,
    },
  }
}

interface Location {
  name?: string | null
  address?: string | null
  caption?: string | null
  comment?: string | null
  degreesLatitude?: number | null
  degreesLongitude?: number | null
}

function locationText(message: Location | null | undefined): string {
  const { degreesLatitude: north, degreesLongitude: east } = message ?? {}
  const known = typeof north === 'number' && typeof east === 'number'
  return lines(
    message?.name,
    message?.address,
    message?.caption ?? message?.comment,
    known ? `https://maps.google.com/?q=${north},${east}` : undefined,
  )
}

/** Returns a contact's name and numbers from its vCard (RFC 6350; WhatsApp adds `waid`, the number in digits). */
function contactCard(message: proto.Message.IContactMessage | null | undefined): string {
  const phones = (message?.vcard ?? '').split(/\r?\n/).filter(line => /^(item\d+\.)?TEL/i.test(line))
  const numbers = phones.slice(0, MAX_ITEMS).map(line => {
    const digits = /waid=(\d+)/i.exec(line)?.[1]
    return digits ? `+${digits}` : line.slice(line.indexOf(':') + 1).trim()
  })
  return lines(message?.displayName, ...new Set(numbers))
}

/** The daemon knows the time zone of the business, so the text does not contain the time. */
function event(message: proto.Message.IEventMessage | null | undefined): Read {
  const startsAt = Number(message?.startTime ?? 0)
  return {
    kind: 'text',
    text: lines(message?.name, message?.location && locationText(message.location), message?.description),
    ...(startsAt > 0 ? { startsAt } : {}),
  }
}

function poll(message: proto.Message.IPollCreationMessage | null | undefined): string {
  return lines(message?.name, ...(message?.options ?? []).slice(0, MAX_ITEMS).map(option => `• ${option.optionName}`))
}

function textOfOtherKinds(message: proto.IMessage): string {
  const simple = extractMessageContent(message)
  const { interactiveMessage: interactive, listMessage: list } = message
  return lines(
    simple?.conversation,
    interactive?.header?.title,
    interactive?.body?.text,
    interactive?.footer?.text,
    list?.title,
    list?.description,
  )
}

function isViewOnce(message: proto.IMessage): boolean {
  const { viewOnceMessage, viewOnceMessageV2, viewOnceMessageV2Extension } =
    message.ephemeralMessage?.message ?? message
  return Boolean(viewOnceMessage ?? viewOnceMessageV2 ?? viewOnceMessageV2Extension)
}

function lines(...parts: (string | null | undefined)[]): string {
  return parts.filter(Boolean).join('\n')
}

/** The maximum number of phone numbers, contacts or choices in one text: an attacker may send thousands. */
const MAX_ITEMS = 50
/** WhatsApp's own limit on a text, in UTF-16 units. */
const MAX_TEXT = 65_536
