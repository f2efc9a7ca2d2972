import { type AnyMessageContent, generateWAMessage, type proto, type WAMessage, type WASocket } from 'baileys'
import type { Quoted, SendRequest } from '../wire/request.ts'
import type { OutgoingFile } from './outgoing-file.ts'

/** Builds the WhatsApp message for a request. A file is encrypted and uploaded for it. */
export async function buildMessage(
  socket: WASocket,
  address: string,
  id: string,
  request: SendRequest,
  file: OutgoingFile | undefined,
): Promise<proto.IMessage> {
  const { message } = await generateWAMessage(address, contentOf(request, file), {
    messageId: id,
    userJid: socket.user?.id ?? '',
    upload: socket.waUploadToServer,
    ...(request.quoted && { quoted: quotedMessage(address, request.quoted) }),
  })
  if (!message) throw new Error('no message was made of the request')
  return message
}

/**
 * Builds the quoted message from its known parts. The recipient's phone finds its own copy by the id and the author,
 * and shows this text only if it has no copy. For a file only the caption is quoted.
 */
function quotedMessage(address: string, { id, fromMe, text }: Quoted): WAMessage {
  return { key: { id, fromMe, remoteJid: address }, message: { conversation: text } }
}

function contentOf({ type, text }: SendRequest, file: OutgoingFile | undefined): AnyMessageContent {
  if (type === 'text' || !file) return { text }
  const from = { url: file.path }
  const caption = text === '' ? {} : { caption: text }
  switch (type) {
    case 'image':
      return { image: from, ...caption, ...(file.mime ? { mimetype: file.mime } : {}) }
    case 'video':
      return { video: from, ...caption, ...(file.mime ? { mimetype: file.mime } : {}) }
    case 'audio':
      return audio(from, file)
    case 'document':
      return {
        document: from,
        ...caption,
        mimetype: file.mime ?? 'application/octet-stream',
        fileName: file.name ?? 'file',
      }
  }
}

/** WhatsApp's own voice notes are Opus in Ogg. Phones show any other audio as music. */
function audio(from: { url: string }, { mime, name }: OutgoingFile): AnyMessageContent {
  const isVoice = mime?.includes('ogg') || mime?.includes('opus') || /\.(ogg|oga|opus)$/i.test(name ?? '')
  return isVoice
    ? { audio: from, ptt: true, mimetype: 'audio/ogg; codecs=opus' }
    : { audio: from, mimetype: mime ?? 'audio/mpeg' }
}
