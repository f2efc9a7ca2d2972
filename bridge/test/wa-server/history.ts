// A part of the phone's history, as a newly linked device receives it.
import { deflateSync } from 'node:zlib'
import { proto } from 'baileys'
import { encryptMedia } from './media.ts'
import type { MediaHost } from './media-host.ts'
import { seconds } from './stanza.ts'

export interface HistoryRequest {
  conversations: {
    jid: string
    name?: string
    messages: {
      id: string
      text: string
      fromMe?: boolean
      /** When the message was written, Unix seconds. */
      t?: number
    }[]
  }[]
  /** proto.HistorySync.HistorySyncType: 0 first, 2 full, 3 recent. */
  syncType?: number
  /** Whether the history is in the message itself (default), or in a file on the media host. */
  inline?: boolean
}

export function historyMessage({ conversations, syncType = 0, inline = true }: HistoryRequest, host: MediaHost) {
  const progress = { syncType, chunkOrder: 1, progress: 100 }
  const history = proto.HistorySync.fromObject({
    ...progress,
    conversations: conversations.map(({ jid, name, messages }) => ({
      id: jid,
      name,
      messages: messages.map(({ id, text, fromMe = false, t }) => ({
        message: {
          key: { remoteJid: jid, id, fromMe },
          message: { conversation: text },
          messageTimestamp: t ?? Number(seconds()),
        },
      })),
    })),
  })
  const packed = deflateSync(proto.HistorySync.encode(history).finish())
  const where = inline ? { initialHistBootstrapInlinePayload: packed } : uploaded(packed, host)
  const type = proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION
  return proto.Message.fromObject({ protocolMessage: { type, historySyncNotification: { ...progress, ...where } } })
}

function uploaded(packed: Buffer, host: MediaHost) {
  const { file, ...keys } = encryptMedia(packed, 'history')
  return { directPath: host.put(file), ...keys }
}
