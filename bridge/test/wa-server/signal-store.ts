// The in-memory store that libsignal requires, for one user.
import { Curve, generateSignalPubKey, type KeyPair, signedKeyPair } from 'baileys'
import type { SenderKeyName } from 'baileys/lib/Signal/Group/index.js'
import { SenderKeyRecord } from 'baileys/lib/Signal/Group/index.js'
import { SessionRecord, type SignalStorage } from 'libsignal'

const signalKeys = (pair: KeyPair) => ({
  privKey: Buffer.from(pair.private),
  pubKey: Buffer.from(generateSignalPubKey(pair.public)),
})

export class SignalStore implements SignalStorage {
  readonly signedPreKey
  private readonly sessions = new Map<string, SessionRecord>()
  private readonly preKeys = new Map<number, KeyPair>()
  private preKeyCount = 0

  constructor(
    readonly identity: KeyPair,
    readonly registrationId: number,
  ) {
    this.signedPreKey = signedKeyPair(identity, 1)
  }

  newPreKey(): { id: number; key: Uint8Array } {
    const id = ++this.preKeyCount
    const pair = Curve.generateKeyPair()
    this.preKeys.set(id, pair)
    return { id, key: pair.public }
  }

  forget(): void {
    this.sessions.clear()
  }

  /** Makes the next message open a new session. Messages in transit in the former sessions can still be decrypted. */
  archive(): void {
    for (const record of this.sessions.values()) {
      // These methods are missing from libsignal's types.
      const { getOpenSession, closeSession } = record as unknown as {
        getOpenSession(): object | undefined
        closeSession(session: object): void
      }
      const session = getOpenSession.call(record)
      if (session) closeSession.call(record, session)
    }
  }

  /** Returns a copy, as if read from disk: a change has no effect until it is stored. */
  async loadSession(id: string): Promise<SessionRecord | undefined> {
    const record = this.sessions.get(id)
    return record && SessionRecord.deserialize(record.serialize())
  }

  async storeSession(id: string, session: SessionRecord): Promise<void> {
    this.sessions.set(id, session)
  }

  isTrustedIdentity(): boolean {
    return true
  }

  async loadPreKey(id: number | string): Promise<{ privKey: Buffer; pubKey: Buffer } | undefined> {
    const pair = this.preKeys.get(Number(id))
    return pair && signalKeys(pair)
  }

  removePreKey(id: number): void {
    this.preKeys.delete(id)
  }

  loadSignedPreKey(): { privKey: Buffer; pubKey: Buffer } {
    return signalKeys(this.signedPreKey.keyPair)
  }

  getOurRegistrationId(): number {
    return this.registrationId
  }

  getOurIdentity(): { privKey: Buffer; pubKey: Buffer } {
    return signalKeys(this.identity)
  }
}

export class SenderKeyStore {
  private readonly records = new Map<string, SenderKeyRecord>()

  async loadSenderKey(name: SenderKeyName): Promise<SenderKeyRecord> {
    return this.records.get(name.toString()) ?? new SenderKeyRecord()
  }

  async storeSenderKey(name: SenderKeyName, record: SenderKeyRecord): Promise<void> {
    this.records.set(name.toString(), record)
  }

  get empty(): boolean {
    return this.records.size === 0
  }
}

/** Suppresses libsignal's output on the console: it prints whole sessions, including private keys. */
export function quietLibsignal(): void {
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    const print = console[level]
    console[level] = (...values: unknown[]) => {
      if (!new Error().stack?.includes('/node_modules/libsignal/')) print(...values)
    }
  }
}
