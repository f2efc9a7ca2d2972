import type { BinaryNode, proto, WASocket } from 'baileys'
import { masked } from '../address.ts'
import { type Log, reason } from '../log.ts'
import type { SendRequest } from '../wire/request.ts'
import { buildMessage } from './build-message.ts'
import { FileRefused, type OutgoingFile } from './outgoing-file.ts'
import { openSessions, Recipients } from './recipient.ts'
import { refusalOf, type SendResult, STALE_DEVICES, wasNotSent } from './send-result.ts'
import { fingerprintOf, isSameRequest, messageIdOf, type SentHead, type SentMessages } from './sent-messages.ts'

/** The idempotency key was used before for another message. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused'
}

export interface OutboundDependencies {
  readonly sent: SentMessages
  /** Returns the socket while messages can be sent and received. */
  readonly socket: () => WASocket | undefined
  readonly fetchFile: (url: string) => Promise<OutgoingFile>
  /** Called just before a message is passed to WhatsApp: from then on it is unknown whether the message was sent. */
  readonly onRelay: (id: string) => void
  /** Whether to show a typing indicator before a text is sent. */
  readonly pacing: boolean
  readonly log: Log
}

/**
 * Sends messages, one per idempotency key.
 *
 * Before a message is passed to WhatsApp, it is on disk with an id that is derived from its key. A message counts as
 * sent when WhatsApp's server has acknowledged it, not when the library reports success. If the process ends in
 * between, the next attempt sends the same message with the same id, and the recipient's phone shows it once.
 */
export class Outbound {
  readonly #dependencies: OutboundDependencies
  readonly #recipients = new Recipients()
  readonly #running = new Map<string, { fingerprint: string; result: Promise<SendResult> }>()
  readonly #lanes = new Map<string, Promise<unknown>>()
  readonly #acks = new Map<string, (error: string | undefined) => void>()

  constructor(dependencies: OutboundDependencies) {
    this.#dependencies = dependencies
  }

  attach(socket: WASocket): void {
    socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => this.#acks.get(attrs.id ?? '')?.(attrs.error))
  }

  /** Sends a message, or returns the earlier result for its key. Rejects with {@link KeyReused}. */
  send(request: SendRequest): Promise<SendResult> {
    const id = messageIdOf(request.key)
    const fingerprint = fingerprintOf(request)
    const running = this.#running.get(id)
    const before = this.#dependencies.sent.get(id)
    const known = running?.fingerprint ?? before?.fingerprint
    if (known !== undefined && !isSameRequest(known, request)) {
      return Promise.reject(new KeyReused('the key was used before, for another message'))
    }
    if (running) return running.result
    if (before?.state === 'sent') return Promise.resolve({ kind: 'sent', id })
    if (before?.state === 'refused') {
      return Promise.resolve({ kind: 'refused', code: before.code ?? 'refused', message: before.message ?? 'refused' })
    }
    const result = this.#inLane(request.to, () => this.#try(id, fingerprint, request, before))
    this.#running.set(id, { fingerprint, result })
    const forget = () => this.#running.delete(id)
    result.then(forget, forget)
    return result
  }

  /** Resolves when all sends that are in progress at the time of the call have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(one => one.result))
  }

  async #try(id: string, fingerprint: string, request: SendRequest, before: SentHead | undefined): Promise<SendResult> {
    const socket = this.#dependencies.socket()
    // If an earlier attempt may have sent the message, the result stays `unknown` until WhatsApp is reachable again.
    const unavailable = (message: string): SendResult => ({ kind: before ? 'unknown' : 'not_connected', message })
    if (!socket) return unavailable('the bridge is not connected to WhatsApp')
    let prepared: Prepared | SendResult
    try {
      prepared = await this.#prepare(socket, id, request, before)
    } catch (error) {
      if (error instanceof FileRefused) return this.#refuse(id, fingerprint, request.to, 'media', error.message)
      return unavailable(reason(error))
    }
    if ('kind' in prepared) {
      return prepared.kind === 'refused'
        ? this.#refuse(id, fingerprint, request.to, prepared.code, prepared.message)
        : prepared
    }
    // Fetching a file takes time; meanwhile another socket may have taken over the keys.
    if (this.#dependencies.socket() !== socket) return unavailable('the connection to WhatsApp has ended')
    const { address, message } = prepared
    const head: SentHead = { state: 'trying', fingerprint, address, at: Date.now() }
    try {
      await this.#dependencies.sent.put(id, head, message)
    } catch (error) {
      return unavailable(`the bridge cannot write to its disk: ${reason(error)}`)
    }
    this.#dependencies.onRelay(id)
    if (this.#dependencies.pacing && request.type === 'text') await showTyping(socket, address, request.text)
    const result = await this.#relay(socket, id, head, message, Boolean(before)).catch(
      (error): SendResult => ({ kind: 'unknown', message: reason(error) }),
    )
    this.#report(id, request, result)
    return result
  }

  /**
   * Finds the recipient's address, opens the sessions, and builds the message. A message that an earlier attempt has
   * stored is used again, with its address.
   */
  async #prepare(
    socket: WASocket,
    id: string,
    request: SendRequest,
    before: SentHead | undefined,
  ): Promise<Prepared | SendResult> {
    const kept = before && (await this.#dependencies.sent.message(id))
    if (before && kept) {
      await openSessions(socket, before.address, true)
      return { address: before.address, message: kept }
    }
    const address = await this.#recipients.find(socket, request.to)
    if (!address) return refusalOf('404')
    await openSessions(socket, address, true)
    let file: OutgoingFile | undefined
    try {
      file = request.mediaUrl ? await this.#dependencies.fetchFile(request.mediaUrl) : undefined
    } catch (error) {
      if (error instanceof FileRefused || before) throw error
      return { kind: 'file_unavailable', message: reason(error) }
    }
    try {
      return { address, message: await buildMessage(socket, address, id, request, file) }
    } finally {
      await file?.release()
    }
  }

  async #relay(
    socket: WASocket,
    id: string,
    head: SentHead,
    message: proto.IMessage,
    inDoubt: boolean,
    fresh = false,
  ): Promise<SendResult> {
    const answer = this.#answerTo(id, socket)
    try {
      await socket.relayMessage(head.address, message, { messageId: id, useUserDevicesCache: !fresh })
    } catch (error) {
      answer.cancel()
      if (inDoubt || !wasNotSent(error)) return { kind: 'unknown', message: reason(error) }
      await this.#dependencies.sent.forget(id)
      return { kind: 'not_connected', message: reason(error) }
    }
    const reply = await answer.reply
    if (reply === 'none') return { kind: 'unknown', message: 'WhatsApp has not acknowledged the message yet' }
    if (reply === undefined) {
      // If this write fails, the next attempt sends the message again under the same id, which is harmless.
      await this.#dependencies.sent.put(id, { ...head, state: 'sent' }, message).catch(() => undefined)
      return { kind: 'sent', id }
    }
    if (reply === STALE_DEVICES && !fresh) {
      await openSessions(socket, head.address, false)
      return this.#relay(socket, id, head, message, inDoubt, true)
    }
    const refusal = refusalOf(reply)
    if (refusal.kind === 'refused') {
      return this.#refuse(id, head.fingerprint, head.address, refusal.code, refusal.message)
    }
    if (!inDoubt) await this.#dependencies.sent.forget(id)
    return inDoubt ? { kind: 'unknown', message: 'WhatsApp cannot take the message at the moment' } : refusal
  }

  async #refuse(id: string, fingerprint: string, address: string, code: string, message: string): Promise<SendResult> {
    const head: SentHead = { state: 'refused', fingerprint, address, at: Date.now(), code, message }
    await this.#dependencies.sent.put(id, head, undefined).catch(() => undefined)
    return { kind: 'refused', code, message }
  }

  /**
   * Waits for the server's answer to a message. `reply` resolves with `undefined` for an acknowledgement, the code of a
   * refusal, or `none` if there is no answer in time or the connection ends.
   */
  #answerTo(id: string, socket: WASocket) {
    let cancel = () => {}
    const reply = new Promise<string | undefined>(resolve => {
      const end = (answer: string | undefined) => {
        clearTimeout(timer)
        clearInterval(watch)
        this.#acks.delete(id)
        resolve(answer)
      }
      const timer = setTimeout(() => end('none'), ACK_MS)
      const watch = setInterval(() => this.#dependencies.socket() !== socket && end('none'), WATCH_MS)
      this.#acks.set(id, end)
      cancel = () => end('none')
    })
    return { reply, cancel }
  }

  /** Runs at most one send at a time for each lane; the lane is the recipient as the request names it. */
  #inLane<T>(lane: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#lanes.get(lane) ?? Promise.resolve()).then(work, work)
    this.#lanes.set(lane, turn)
    const leave = () => this.#lanes.get(lane) === turn && this.#lanes.delete(lane)
    turn.then(leave, leave)
    return turn
  }

  #report(id: string, { to, type }: SendRequest, result: SendResult): void {
    const fields = { provider_msg_id: id, to: masked(to), type, outcome: result.kind }
    if (result.kind === 'sent')
      this.#dependencies.log.info('WA_OUT_BAILEYS', `Sent message ${id} to ${masked(to)}`, fields)
    else
      this.#dependencies.log.warn(
        'WA_OUT_BAILEYS',
        `Message ${id} to ${masked(to)} ${FAILED[result.kind]}: ${result.message}`,
        fields,
      )
  }
}

const FAILED: Readonly<Record<Exclude<SendResult['kind'], 'sent'>, string>> = {
  refused: 'was refused by WhatsApp',
  not_connected: 'was not sent',
  file_unavailable: 'was not sent, because its file could not be fetched',
  unknown: 'may have been sent',
}

interface Prepared {
  readonly address: string
  readonly message: proto.IMessage
}

async function showTyping(socket: WASocket, address: string, text: string): Promise<void> {
  try {
    await socket.sendPresenceUpdate('composing', address)
    await new Promise(resolve => setTimeout(resolve, Math.min(300 + 20 * text.length, MAX_TYPING_MS)))
  } catch {
    // The indicator is optional.
  }
}

/** The time limit for the acknowledgement of WhatsApp's server, in ms. */
const ACK_MS = 20_000
const WATCH_MS = 250
const MAX_TYPING_MS = 2000
