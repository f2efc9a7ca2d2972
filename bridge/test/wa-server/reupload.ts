// The URL of a file has expired: the device requests the phone to upload the file again, and gets the new URL.
import { type BinaryNode, proto } from 'baileys'
import { mediaPartOf } from './content.ts'
import type { InboundMessage } from './inbound-message.ts'
import { decryptReuploadRequest, encryptReupload } from './media.ts'
import type { Network } from './network.ts'
import { bytesOf, child, seconds, stanza } from './stanza.ts'

export function reupload(network: Network, message: InboundMessage, receipt: BinaryNode): void {
  const { id } = message
  const media = mediaPartOf(message.content)
  const request = child(receipt, 'encrypt')
  if (!media?.part.mediaKey || !request) throw new Error(`the message ${id} has no media to upload again`)
  const { mediaKey } = media.part
  const asked = decryptReuploadRequest(
    bytesOf(child(request, 'enc_p')),
    bytesOf(child(request, 'enc_iv')),
    mediaKey,
    id,
  )
  if (asked !== id) throw new Error(`the request to upload ${id} again names ${asked}`)
  const file = message.lost ? undefined : network.media.get(media.part.directPath ?? '')
  const { ResultType } = proto.MediaRetryNotification
  network.journal.note('media-retry', { id, found: file !== undefined })
  const answer = file
    ? encryptedAnswer({ stanzaId: id, directPath: network.media.put(file), result: ResultType.SUCCESS }, mediaKey, id)
    : stanza('error', { code: String(ResultType.NOT_FOUND) })
  const attributes = { from: network.users.own.jid, type: 'mediaretry', id, t: seconds() }
  const { jid, from_me, participant } = child(receipt, 'rmr')?.attrs ?? {}
  network.send(stanza('notification', attributes, [answer, stanza('rmr', { jid, from_me, participant })]))
}

function encryptedAnswer(notification: proto.IMediaRetryNotification, mediaKey: Uint8Array, id: string): BinaryNode {
  const { ciphertext, iv } = encryptReupload(notification, mediaKey, id)
  return stanza('encrypt', {}, [stanza('enc_p', {}, ciphertext), stanza('enc_iv', {}, iv)])
}
