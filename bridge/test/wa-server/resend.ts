// The device received a message without its content, and requests the content from the phone.
import { proto } from 'baileys'
import type { Inbound } from './inbound.ts'
import type { InboundMessage } from './inbound-message.ts'
import type { Network } from './network.ts'
import { newMessageId } from './stanza.ts'

const { PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE } = proto.Message.ProtocolMessage.Type
const { PLACEHOLDER_MESSAGE_RESEND } = proto.Message.PeerDataOperationRequestType

export function resend(network: Network, inbound: Inbound, request: proto.IMessage | undefined): void {
  const asked = request?.protocolMessage?.peerDataOperationRequestMessage?.placeholderMessageResendRequest ?? []
  const found = asked.flatMap(({ messageKey }) => {
    const message = inbound.find(messageKey?.id ?? '')
    return message ? [{ placeholderMessageResendResponse: { webMessageInfoBytes: infoOf(message) } }] : []
  })
  if (found.length === 0 || !network.options.resendPlaceholders) return
  const content: proto.IMessage = {
    protocolMessage: {
      type: PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationRequestType: PLACEHOLDER_MESSAGE_RESEND,
        peerDataOperationResult: found,
      },
    },
  }
  const sender = network.users.own
  const answer = {
    id: newMessageId(),
    sender,
    route: { kind: 'peer' },
    content,
    unavailable: false,
    lost: false,
  } as const
  inbound.add(answer).catch(error => network.journal.note('error', { error: String(error) }))
}

function infoOf({ id, sender, content, t }: InboundMessage): Uint8Array {
  const key = { remoteJid: sender.jid, id, fromMe: false }
  const info = { key, message: content, messageTimestamp: Number(t), pushName: sender.name }
  return proto.WebMessageInfo.encode(proto.WebMessageInfo.fromObject(info)).finish()
}
