// Users on the simulated WhatsApp. Each user's phone encrypts and decrypts messages with libsignal.
import { randomBytes } from 'node:crypto'
import {
  type BinaryNode,
  Curve,
  encodeWAMessage,
  generateSignalPubKey,
  type KeyPair,
  proto,
  unpadRandomMax16,
} from 'baileys'
import {
  GroupCipher,
  GroupSessionBuilder,
  SenderKeyDistributionMessage,
  SenderKeyName,
} from 'baileys/lib/Signal/Group/index.js'
import { ProtocolAddress, SessionBuilder, SessionCipher } from 'libsignal'
import { trySessionsOnCopies } from '../../src/whatsapp/session-trials.ts'
import type { Account } from './account.ts'
import { SenderKeyStore, SignalStore } from './signal-store.ts'
import { bigEndian, seconds, stanza } from './stanza.ts'

trySessionsOnCopies()

/** libsignal's type of a message that also opens a session. */
const PRE_KEY_MESSAGE = 3
/** The version byte of a key bundle: Curve25519. */
const KEY_TYPE = Buffer.from([5])

export interface Ciphertext {
  type: 'pkmsg' | 'msg'
  body: Buffer
}

export class User {
  readonly store: SignalStore
  private readonly ownSenderKeys = new SenderKeyStore()
  private readonly learntSenderKeys = new SenderKeyStore()

  constructor(
    readonly phone: string,
    public lid: string,
    public name: string,
    identity: KeyPair = Curve.generateKeyPair(),
  ) {
    this.store = new SignalStore(identity, randomBytes(2).readUInt16BE() & 0x3fff)
  }

  get jid(): string {
    return `${this.phone}@s.whatsapp.net`
  }

  get lidJid(): string {
    return `${this.lid}@lid`
  }

  get registration(): Buffer {
    return bigEndian(this.store.registrationId, 4)
  }

  keyBundle(jid: string): BinaryNode {
    const { signedPreKey, identity } = this.store
    const preKey = this.store.newPreKey()
    return stanza('user', { jid, t: seconds() }, [
      stanza('registration', {}, this.registration),
      stanza('type', {}, KEY_TYPE),
      stanza('identity', {}, identity.public),
      stanza('skey', {}, [
        stanza('id', {}, bigEndian(signedPreKey.keyId, 3)),
        stanza('value', {}, signedPreKey.keyPair.public),
        stanza('signature', {}, signedPreKey.signature),
      ]),
      stanza('key', {}, [stanza('id', {}, bigEndian(preKey.id, 3)), stanza('value', {}, preKey.key)]),
    ])
  }

  async encrypt(account: Account, message: proto.IMessage): Promise<Ciphertext> {
    const address = addressOf(account)
    const session = await this.store.loadSession(address.toString())
    if (!session?.haveOpenSession()) await this.openSession(account, address)
    const { type, body } = await new SessionCipher(this.store, address).encrypt(encodeWAMessage(message))
    return { type: type === PRE_KEY_MESSAGE ? 'pkmsg' : 'msg', body: Buffer.from(body, 'binary') }
  }

  async decrypt(account: Account, type: string | undefined, body: Buffer): Promise<proto.Message> {
    const cipher = new SessionCipher(this.store, addressOf(account))
    const plain = type === 'pkmsg' ? cipher.decryptPreKeyWhisperMessage(body) : cipher.decryptWhisperMessage(body)
    return proto.Message.decode(unpadRandomMax16(await plain))
  }

  async encryptForGroup(group: string, message: proto.IMessage): Promise<{ distribution: Uint8Array; body: Buffer }> {
    const name = senderKeyName(group, this.phone, 0)
    const distribution = await new GroupSessionBuilder(this.ownSenderKeys).create(name)
    const body = await new GroupCipher(this.ownSenderKeys, name).encrypt(encodeWAMessage(message))
    return { distribution: distribution.serialize(), body: Buffer.from(body) }
  }

  async learnSenderKey(group: string, account: Account, distribution: Uint8Array): Promise<void> {
    const message = new SenderKeyDistributionMessage(null, null, null, null, distribution)
    const name = senderKeyName(group, account.phone, account.device)
    await new GroupSessionBuilder(this.learntSenderKeys).process(name, message)
  }

  /** Whether this user has any group key of the linked device. */
  get readsGroups(): boolean {
    return !this.learntSenderKeys.empty
  }

  async decryptFromGroup(group: string, account: Account, body: Buffer): Promise<proto.Message> {
    const name = senderKeyName(group, account.phone, account.device)
    return proto.Message.decode(unpadRandomMax16(await new GroupCipher(this.learntSenderKeys, name).decrypt(body)))
  }

  /**
   * Deletes the session with the linked device, as a new phone does, so that the next message opens another session.
   */
  forget(): void {
    this.store.forget()
  }

  /** Makes the next message open a new session, as a phone does after a request to resend a message. */
  renewSession(): void {
    this.store.archive()
  }

  private async openSession(account: Account, address: ProtocolAddress): Promise<void> {
    const { signedPreKey } = account
    const preKey = account.preKeys.shift()
    const session = {
      registrationId: account.registrationId,
      identityKey: generateSignalPubKey(account.identityKey),
      signedPreKey: {
        keyId: signedPreKey.id,
        publicKey: generateSignalPubKey(signedPreKey.key),
        signature: signedPreKey.signature,
      },
      ...(preKey && { preKey: { keyId: preKey.id, publicKey: generateSignalPubKey(preKey.key) } }),
    }
    // libsignal accepts a bundle without a one-time key, but its types do not.
    type Bundle = Parameters<SessionBuilder['initOutgoing']>[0]
    await new SessionBuilder(this.store, address).initOutgoing(session as Bundle)
  }
}

const addressOf = (account: Account) => new ProtocolAddress(account.phone, account.device)

const senderKeyName = (group: string, phone: string, deviceId: number) =>
  new SenderKeyName(group, { id: phone, deviceId, toString: () => `${phone}.${deviceId}` })
