import {
  type AuthenticationCreds,
  downloadAndProcessHistorySyncNotification,
  normalizeMessageContent,
  proto,
  type SignalKeyStore,
} from 'baileys'
import { isIgnored } from '../address.ts'
import { reason } from '../log.ts'
import type { Settings } from '../settings.ts'
import type { InboxEntry, StanzaEntry } from '../spool/inbox.ts'
import type { MediaStore } from '../spool/media.ts'
import { contactOf, identify } from '../whatsapp/contact-identity.ts'
import { envelopeOf, isSelf, type Self } from '../whatsapp/envelope.ts'
import { decode, fileOf, type Incoming, incomingOf, parseMessage, resentMessages } from '../whatsapp/parse-message.ts'
import type { Placeholders } from '../whatsapp/placeholders.ts'
import type { MessageEvent, WireEvent } from '../wire/event.ts'
import { RetryLater, type ToEvents } from './webhook-delivery.ts'

export interface ToEventsDependencies {
  readonly settings: Settings
  readonly creds: () => AuthenticationCreds
  readonly keys: SignalKeyStore
  readonly media: MediaStore
  readonly placeholders: Placeholders
  readonly mediaUrl: (id: string) => string
}

export function makeToEvents(dependencies: ToEventsDependencies): ToEvents {
  return async function* (_id: string, entry: InboxEntry): AsyncGenerator<WireEvent> {
    if ('event' in entry) {
      yield entry.event
      return
    }
    for await (const incoming of messagesOf(dependencies, entry)) {
      const event = await eventOf(dependencies, incoming)
      if (event) yield event
    }
  }
}

function selfOf(dependencies: ToEventsDependencies): Self {
  const { me } = dependencies.creds()
  return { phone: me?.id, lid: me?.lid }
}

async function* messagesOf(dependencies: ToEventsDependencies, entry: StanzaEntry): AsyncGenerator<Incoming> {
  const { stanza } = entry
  const self = selfOf(dependencies)
  const own = contactOf(self.phone).phone ?? ''
  const envelope = envelopeOf(stanza, self)
  const message = decode(entry)
  // Only the account's own devices may send the history, and resend messages whose content this device did not get.
  if (envelope.fromMe) {
    for (const info of resentMessages(message)) {
      const resent = await known(dependencies, info, own, false)
      if (resent) {
        yield resent
        await dependencies.placeholders.forget(resent.id)
      }
    }
    yield* historyOf(dependencies, message, own)
  }
  // Notes that the owner writes to the own number are not part of the business.
  if (isSelf(envelope.chat, self)) return
  yield {
    id: stanza.id ?? '',
    envelope,
    contact: await identify(dependencies.keys, envelope),
    pushName: stanza.notify,
    timestamp: Number(stanza.t) || undefined,
    message,
    waited: stanza.offline !== undefined,
    own,
  }
}

/** Yields the messages from before pairing, as far as the settings request them. */
async function* historyOf(
  dependencies: ToEventsDependencies,
  message: proto.IMessage,
  own: string,
): AsyncGenerator<Incoming> {
  const notice = normalizeMessageContent(message)?.protocolMessage?.historySyncNotification
  const { history } = dependencies.settings
  if (!notice || history === 'none') return
  const { FULL } = proto.HistorySync.HistorySyncType
  if (notice.syncType === FULL && history !== 'full') return
  const { messages } = await downloadAndProcessHistorySyncNotification(notice, {}, undefined).catch(error => {
    throw new RetryLater(`the history cannot be fetched: ${reason(error)}`)
  })
  // WhatsApp sends the history newest first.
  for (const info of messages.reverse()) {
    const incoming = await known(dependencies, info, own, true)
    if (incoming) yield incoming
  }
}

async function known(
  dependencies: ToEventsDependencies,
  info: proto.IWebMessageInfo,
  own: string,
  history: boolean,
): Promise<Incoming | undefined> {
  const address = info.key?.remoteJid
  if (!address || isIgnored(address) || isSelf(address, selfOf(dependencies))) return undefined
  return incomingOf(info, await identify(dependencies.keys, { chat: address }), own, history)
}

async function eventOf(dependencies: ToEventsDependencies, incoming: Incoming): Promise<WireEvent | undefined> {
  const parsed = parseMessage(incoming)
  const file = parsed?.file && fileOf(incoming.message, incoming.envelope, incoming.id)
  if (!file) return parsed?.event
  const id = await dependencies.media.note(file.key, file.content, incoming.history ?? false)
  return { ...(parsed.event as MessageEvent), media_url: dependencies.mediaUrl(id) }
}
