// Converts the content of messages from a test's request to WhatsApp's format, and back.
import { normalizeMessageContent, proto } from 'baileys'
import { decryptMedia, encryptMedia, MEDIA_KINDS, type MediaKind, sha256Of } from './media.ts'
import type { MediaHost } from './media-host.ts'

export interface MediaRequest {
  kind: MediaKind
  base64: string
  mimetype: string
  /** Whether the audio is a voice note. */
  ptt?: boolean
  seconds?: number
  caption?: string
  fileName?: string
  /**
   * Whether the download is refused, with 410 (`true`) or the given status, until the device requests a new upload.
   * `lost`: the phone cannot upload the file again either.
   */
  gone?: boolean | number | 'lost'
}

/** The content, in one of three forms. */
export interface ContentRequest {
  text?: string
  media?: MediaRequest
  /** A proto.Message as JSON. */
  message?: Record<string, unknown>
}

export function contentOf({ text, media, message }: ContentRequest, host: MediaHost): proto.IMessage {
  if (message) return proto.Message.fromObject(message)
  if (media) return mediaMessage(media, host)
  if (typeof text !== 'string') throw new Error('a message needs a text, media or message')
  return { conversation: text }
}

function mediaMessage(request: MediaRequest, host: MediaHost): proto.IMessage {
  const { kind, base64, mimetype, ptt, seconds, caption, fileName, gone } = request
  if (!MEDIA_KINDS.includes(kind)) throw new Error(`no such kind of media: ${kind}`)
  const { file, ...keys } = encryptMedia(Buffer.from(base64, 'base64'), kind)
  const directPath = host.put(file, gone ? (typeof gone === 'number' ? gone : 410) : undefined)
  const url = `https://${host.host}${directPath}`
  const details = { url, directPath, mimetype, ptt, seconds, caption, fileName, ...keys }
  return proto.Message.fromObject({ [`${kind}Message`]: details })
}

export type Kind = 'text' | MediaKind | 'reaction' | 'edit' | 'deletion' | 'other'

/** The media of a sent message, as far as its file could be downloaded. */
export interface MediaSeen {
  kind: MediaKind
  mimetype: string | undefined
  ptt: boolean
  caption: string | undefined
  fileName: string | undefined
  /** The length of the decrypted file. */
  bytes?: number
  /** The SHA-256 of the decrypted file, in hex. */
  sha256?: string
  /** Why the file could not be downloaded. */
  error?: string
}

/** What the recipient of a message sees of its content. */
export interface ContentSeen {
  kind: Kind
  text: string | undefined
  media?: MediaSeen
}

/** Reads a message as the recipient's phone does: media is downloaded and decrypted. */
export function describe(message: proto.IMessage, host: MediaHost): ContentSeen {
  const content = normalizeMessageContent(message) ?? {}
  const { protocolMessage, reactionMessage } = content
  if (reactionMessage) return { kind: 'reaction', text: reactionMessage.text ?? '' }
  if (protocolMessage?.type === proto.Message.ProtocolMessage.Type.REVOKE) return { kind: 'deletion', text: undefined }
  if (protocolMessage?.editedMessage) return { kind: 'edit', text: textOf(protocolMessage.editedMessage) }
  const kind = MEDIA_KINDS.find(name => content[`${name}Message`])
  if (kind) return { kind, text: undefined, media: mediaOf(kind, content, host) }
  const text = textOf(content)
  return { kind: text === undefined ? 'other' : 'text', text }
}

export const textOf = (message: proto.IMessage): string | undefined =>
  message.conversation || message.extendedTextMessage?.text || undefined

export function mediaPartOf(message: proto.IMessage) {
  const content = normalizeMessageContent(message) ?? {}
  const kind = MEDIA_KINDS.find(name => content[`${name}Message`])
  const part = kind && content[`${kind}Message`]
  return part ? { kind, part } : undefined
}

function mediaOf(kind: MediaKind, content: proto.IMessage, host: MediaHost): MediaSeen {
  const part: proto.Message.IAudioMessage & proto.Message.IDocumentMessage = content[`${kind}Message`] ?? {}
  const seen: MediaSeen = {
    kind,
    mimetype: part.mimetype ?? undefined,
    ptt: part.ptt === true,
    caption: part.caption ?? undefined,
    fileName: part.fileName ?? undefined,
  }
  const path = part.directPath || (part.url ? new URL(part.url).pathname : '')
  const file = host.get(path)
  if (!file || !part.mediaKey) return { ...seen, error: 'no such file was uploaded' }
  try {
    const plain = decryptMedia(file, part.mediaKey, kind)
    return { ...seen, bytes: plain.length, sha256: sha256Of(plain).toString('hex') }
  } catch (error) {
    return { ...seen, error: String(error) }
  }
}
