// Linking a device by QR code or pairing code, from the phone's side.
import { createHmac, randomBytes } from 'node:crypto'
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  type BinaryNode,
  Curve,
  derivePairingCodeKey,
  hkdf,
  type KeyPair,
  proto,
  S_WHATSAPP_NET,
} from 'baileys'
import { Account, type Registration } from './account.ts'
import type { Connection } from './connection.ts'
import { drop } from './endings.ts'
import type { Network } from './network.ts'
import { bytesOf, child, inner, seconds, serverQuery, stanza, unsigned } from './stanza.ts'

/** The prefixes of the signatures of an account and of its device. */
const ACCOUNT_SIGNATURE = Buffer.from([6, 0])
const DEVICE_SIGNATURE = Buffer.from([6, 1])
const SUCCESS_ID = 'pair-success'
/** The time limit for a client's answer after its code was entered on the phone, in ms. */
const CODE_LIMIT_MS = 10_000

/** The range of the delay before WhatsApp restarts the connection of a newly linked device, in ms. */
const RESTART_MS = { least: 300, most: 1500 }

export interface Linked {
  jid: string
  lid: string
}

interface CodeAttempt {
  companionKey: Buffer
  phoneKey: KeyPair
  settle: (result: Linked | Error) => void
}

/** A client that is not linked yet. */
interface Candidate {
  connection: Connection
  registration: Registration
  refs: { text: string; expires: number }[]
  /** The retired secret, which a QR code must no longer contain. */
  retiredSecret: string | undefined
  /** The client's ephemeral key, encrypted with its pairing code. */
  wrappedKey: Buffer | undefined
  /** When the pairing code expires, Unix ms. */
  codeExpires: number
  attempt: CodeAttempt | undefined
}

export class Pairing {
  registrations = 0
  private candidate: Candidate | undefined

  constructor(
    private readonly network: Network,
    private readonly onLinked: () => void,
  ) {}

  /** The connection of the client that is not linked yet, if it is open. */
  get waiting(): Connection | undefined {
    return this.candidate?.connection.open ? this.candidate.connection : undefined
  }

  /** Registers a new client, and sends it the texts for its QR codes. */
  register(connection: Connection, payload: proto.ClientPayload, noiseKey: Buffer): void {
    const { options, journal } = this.network
    const data = payload.devicePairingData
    const field = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? [])
    const registration = {
      identityKey: field(data?.eIdent),
      registrationId: unsigned(field(data?.eRegid)),
      noiseKey,
      signedPreKey: {
        id: unsigned(field(data?.eSkeyId)),
        key: field(data?.eSkeyVal),
        signature: field(data?.eSkeySig),
      },
    }
    const lifetimeMs = options.refSeconds === null ? Number.POSITIVE_INFINITY : options.refSeconds * 1000
    const refs = Array.from({ length: options.pairRefs }, (_, index) => ({
      text: `2@${randomBytes(24).toString('base64')}`,
      expires: Date.now() + lifetimeMs * (index + 1),
    }))
    const unknown = { retiredSecret: undefined, wrappedKey: undefined, codeExpires: 0, attempt: undefined }
    this.candidate = { connection, registration, refs, ...unknown }
    this.registrations++
    journal.note('register', { connection: connection.id })
    const nodes = refs.map(({ text }) => stanza('ref', {}, Buffer.from(text)))
    connection.send(serverQuery('pair-device', [stanza('pair-device', {}, nodes)], 'md'))
  }

  /** Returns `refresh` if the server has retired the code's secret: then a new code must be scanned. */
  scan(qr: string): Linked | { refresh: true } {
    const candidate = this.current()
    const { connection, registration, refs } = candidate
    const [ref, noiseKey, identityKey, secret] = qr.slice(qr.indexOf('#') + 1).split(',')
    const known = refs.find(({ text }) => text === ref)
    if (!known) throw new Error('the QR code is not one of the waiting client')
    if (Date.now() > known.expires) throw new Error('the QR code has expired')
    if (noiseKey !== registration.noiseKey.toString('base64')) throw new Error('the QR code has another noise key')
    if (identityKey !== registration.identityKey.toString('base64')) {
      throw new Error('the QR code has another identity key')
    }
    if (!secret) throw new Error('the QR code has no secret')
    if (this.network.options.regRefresh && !candidate.retiredSecret) {
      candidate.retiredSecret = secret
      this.retireSecret(connection)
      return { refresh: true }
    }
    if (candidate.retiredSecret === secret) throw new Error('the QR code carries a secret that was retired')
    return this.link(candidate, Buffer.from(secret, 'base64'))
  }

  /** Throws if the code is wrong or has expired, or if no client waits for a code. */
  async enterCode(code: string): Promise<Linked> {
    const candidate = this.current()
    const { connection, wrappedKey } = candidate
    if (!wrappedKey) throw new Error('no client waits for a pairing code')
    if (Date.now() > candidate.codeExpires) throw new Error('the pairing code has expired')
    const [salt, iv, sealed] = [wrappedKey.subarray(0, 32), wrappedKey.subarray(32, 48), wrappedKey.subarray(48, 80)]
    const companionKey = aesDecryptCTR(sealed, await derivePairingCodeKey(code, salt), iv)
    const phoneKey = Curve.generateKeyPair()
    const [newSalt, newIv] = [randomBytes(32), randomBytes(16)]
    const resealed = aesEncryptCTR(phoneKey.public, await derivePairingCodeKey(code, newSalt), newIv)
    const type = 'link_code_companion_reg'
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the client did not answer the phone')), CODE_LIMIT_MS)
      const settle = (result: Linked | Error) => {
        clearTimeout(timer)
        if (result instanceof Error) reject(result)
        else resolve(result)
      }
      candidate.attempt = { companionKey, phoneKey, settle }
      connection.send(
        stanza('notification', { from: S_WHATSAPP_NET, type, id: 'primary-hello', t: seconds() }, [
          stanza(type, { stage: 'primary_hello' }, [
            stanza('link_code_pairing_wrapped_primary_ephemeral_pub', {}, Buffer.concat([newSalt, newIv, resealed])),
            stanza('primary_identity_pub', {}, this.network.users.accountKey.public),
            stanza('link_code_pairing_ref', {}, Buffer.from('ref')),
          ]),
        ]),
      )
    })
  }

  codeStep(connection: Connection, step: BinaryNode): BinaryNode[] {
    const candidate = this.candidate
    if (candidate?.connection !== connection) throw new Error('a pairing step of a client that did not register')
    if (step.attrs.stage === 'companion_hello') {
      candidate.wrappedKey = bytesOf(child(step, 'link_code_pairing_wrapped_companion_ephemeral_pub'))
      candidate.codeExpires = Date.now() + this.network.options.codeSeconds * 1000
      this.network.journal.note('pair-code-hello', { jid: step.attrs.jid })
      return [stanza(step.tag, {}, [stanza('link_code_pairing_ref', {}, Buffer.from('ref'))])]
    }
    if (this.network.options.regRefreshInCodeFlow) this.retireSecret(connection)
    // Runs after the response is sent, so that the client receives it before it is linked.
    setImmediate(() => this.finishCode(candidate, bytesOf(child(step, 'link_code_pairing_wrapped_key_bundle'))))
    return []
  }

  /** Handles the client's answer to pair-success, which contains its signature. */
  acknowledged(connection: Connection, answer: BinaryNode): void {
    const signed = inner(answer)[0]
    const { account, options, users, journal } = this.network
    if (answer.attrs.id !== SUCCESS_ID || signed?.tag !== 'pair-device-sign' || !account) return
    const identity = proto.ADVSignedDeviceIdentity.decode(bytesOf(child(signed, 'device-identity')))
    const details = Buffer.from(identity.details ?? [])
    const text = Buffer.concat([DEVICE_SIGNATURE, details, account.identityKey, users.accountKey.public])
    const genuine = Curve.verify(account.identityKey, text, Buffer.from(identity.deviceSignature ?? []))
    journal.note('paired', { jid: account.jid, signed: genuine })
    this.candidate = undefined
    if (!options.restartAfterPair) return
    const restart = () => connection.open && drop(this.network, connection, 'restart')
    const chosen = RESTART_MS.least + Math.random() * (RESTART_MS.most - RESTART_MS.least)
    setTimeout(restart, options.restartDelayMs ?? chosen).unref()
  }

  /** Notifies the client that its QR codes contain a retired secret. */
  private retireSecret(connection: Connection): void {
    const type = 'companion_reg_refresh'
    connection.send(stanza('notification', { from: S_WHATSAPP_NET, type, id: 'refresh', t: seconds() }, [stanza(type)]))
    this.network.journal.note('registration-refresh')
  }

  private current(): Candidate {
    if (!this.candidate?.connection.open) throw new Error('no client waits to be linked')
    return this.candidate
  }

  private finishCode(candidate: Candidate, bundle: Buffer): void {
    const { attempt, connection } = candidate
    if (!attempt) return
    const { users, journal } = this.network
    const shared = Curve.sharedKey(attempt.phoneKey.private, attempt.companionKey)
    const info = 'link_code_pairing_key_bundle_encryption_key'
    const key = Buffer.from(hkdf(shared, 32, { salt: bundle.subarray(0, 32), info }))
    try {
      const plain = aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0))
      const [identity, random] = [plain.subarray(0, 32), plain.subarray(64, 96)]
      const identityShared = Curve.sharedKey(users.accountKey.private, identity)
      const secret = hkdf(Buffer.concat([shared, identityShared, random]), 32, { info: 'adv_secret' })
      journal.note('pair-code-ok')
      attempt.settle(this.link(candidate, Buffer.from(secret)))
    } catch {
      journal.note('pair-code-wrong')
      attempt.settle(new Error('the pairing code is wrong'))
      drop(this.network, connection, 'close')
    }
  }

  private link(candidate: Candidate, secret: Buffer): Linked {
    const { network } = this
    const { options, users, journal } = network
    const device = (network.account?.device ?? 0) + 1
    const account = new Account(options.phone, options.lid, device, candidate.registration)
    network.account = account
    for (const user of users.all) user.forget()
    this.onLinked()
    const identity = { rawId: 1, timestamp: Number(seconds()), keyIndex: device, accountType: 0, deviceType: 0 }
    const details = proto.ADVDeviceIdentity.encode(identity).finish()
    const text = Buffer.concat([ACCOUNT_SIGNATURE, details, account.identityKey])
    const accountSignature = Curve.sign(users.accountKey.private, text)
    const accountSignatureKey = users.accountKey.public
    const signed = proto.ADVSignedDeviceIdentity.encode({ details, accountSignatureKey, accountSignature }).finish()
    const hmac = createHmac('sha256', secret).update(signed).digest()
    const proof = proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish()
    candidate.connection.send(
      serverQuery(SUCCESS_ID, [
        stanza('pair-success', {}, [
          stanza('device-identity', {}, proof),
          stanza('biz', { name: options.name }),
          stanza('platform', { name: 'android' }),
          stanza('device', { jid: account.jid, lid: account.lidJid }),
        ]),
      ]),
    )
    journal.note('scanned', { jid: account.jid })
    return { jid: account.jid, lid: account.lidJid }
  }
}
