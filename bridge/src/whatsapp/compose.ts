import { type AnyMessageContent, generateWAMessage, type proto, type WASocket } from 'baileys'
import type { SendRequest } from '../wire/send.ts'
import type { OutgoingFile } from './outgoing-file.ts'

/** Builds WhatsApp's message for a request; a file is encrypted and uploaded for it. */
export async function compose(
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
  })
  if (!message) throw new Error('no message was made of the request')
  return message
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

/** WhatsApp records voice notes as Opus in Ogg. It shows any other audio as music. */
function audio(from: { url: string }, { mime, name }: OutgoingFile): AnyMessageContent {
  const isVoice = mime?.includes('ogg') || mime?.includes('opus') || /\.(ogg|oga|opus)$/i.test(name ?? '')
  return isVoice
    ? { audio: from, ptt: true, mimetype: 'audio/ogg; codecs=opus' }
    : { audio: from, mimetype: mime ?? 'audio/mpeg' }
}
