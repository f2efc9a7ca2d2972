// The server's side of Noise_XX_25519_AESGCM_SHA256, with WhatsApp's framing and certificate chain.
import { aesDecryptGCM, aesEncryptGCM, Curve, hkdf, type KeyPair, NOISE_MODE, proto, sha256 } from 'baileys'

const NOTHING = Buffer.alloc(0)
const NEVER = 4102444800 // 2100-01-01, seconds
/** The length of the header: "WA", the version of the protocol, and the version of the dictionary. */
const HEADER_LENGTH = 4

/** Creates an intermediate and a leaf certificate, which clients verify with their pinned root key. */
export function certificateChain(root: KeyPair, serverKey: Uint8Array): Uint8Array {
  const between = Curve.generateKeyPair()
  const describe = (serial: number, issuerSerial: number, key: Uint8Array) =>
    proto.CertChain.NoiseCertificate.Details.encode({
      serial,
      issuerSerial,
      key,
      notBefore: 0,
      notAfter: NEVER,
    }).finish()
  const intermediate = describe(1, 0, between.public)
  const leaf = describe(2, 1, serverKey)
  return proto.CertChain.encode({
    intermediate: { details: intermediate, signature: Curve.sign(root.private, intermediate) },
    leaf: { details: leaf, signature: Curve.sign(between.private, leaf) },
  }).finish()
}

/** Decrypted data from the client: the login payload first, then one stanza after another. */
export type NoiseEvent =
  | { kind: 'login'; payload: proto.ClientPayload; noiseKey: Buffer }
  | { kind: 'stanza'; bytes: Buffer }

type Stage = 'intro' | 'hello' | 'finish' | 'transport'

/** The handshake of one connection and, after it, its ciphers. */
export class NoiseResponder {
  private stage: Stage = 'intro'
  private pending: Buffer = NOTHING
  private hash: Buffer
  private salt: Buffer
  private key: Buffer
  private counter = 0
  private readonly ephemeral = Curve.generateKeyPair()
  private clientEphemeral: Buffer = NOTHING
  private readKey: Buffer = NOTHING
  private writeKey: Buffer = NOTHING
  private reads = 0
  private writes = 0

  constructor(
    private readonly staticKey: KeyPair,
    private readonly chain: Uint8Array,
    private readonly write: (bytes: Buffer) => void,
  ) {
    const mode = Buffer.from(NOISE_MODE)
    this.hash = mode.length === 32 ? mode : sha256(mode)
    this.salt = this.hash
    this.key = this.hash
  }

  /** Accepts bytes in chunks of any size; returns the completed events. */
  receive(bytes: Buffer): NoiseEvent[] {
    this.pending = Buffer.concat([this.pending, bytes])
    if (this.stage === 'intro' && !this.takeIntro()) return []
    const events: NoiseEvent[] = []
    for (let frame = this.takeFrame(); frame; frame = this.takeFrame()) {
      const event = this.open(frame)
      if (event) events.push(event)
    }
    return events
  }

  send(bytes: Uint8Array): void {
    this.writeFrame(aesEncryptGCM(bytes, this.writeKey, nonce(this.writes++), NOTHING))
  }

  /**
   * Reads an optional routing header ("ED", 2 bytes, a 3-byte length, that many bytes) and the protocol's own header.
   */
  private takeIntro(): boolean {
    let start = 0
    if (this.pending.toString('latin1', 0, 2) === 'ED') {
      if (this.pending.length < 7) return false
      start = 7 + this.pending.readUIntBE(4, 3)
    }
    const end = start + HEADER_LENGTH
    if (this.pending.length < end) return false
    const header = this.pending.subarray(start, end)
    if (header.toString('latin1', 0, 2) !== 'WA') throw new Error(`not a WhatsApp client: ${header.toString('hex')}`)
    this.authenticate(header)
    this.pending = this.pending.subarray(end)
    this.stage = 'hello'
    return true
  }

  private takeFrame(): Buffer | undefined {
    if (this.pending.length < 3) return undefined
    const end = 3 + this.pending.readUIntBE(0, 3)
    if (this.pending.length < end) return undefined
    const frame = Buffer.from(this.pending.subarray(3, end))
    this.pending = this.pending.subarray(end)
    return frame
  }

  private open(frame: Buffer): NoiseEvent | undefined {
    if (this.stage === 'transport') {
      return { kind: 'stanza', bytes: aesDecryptGCM(frame, this.readKey, nonce(this.reads++), NOTHING) }
    }
    const { clientHello, clientFinish } = proto.HandshakeMessage.decode(frame)
    if (this.stage === 'hello') {
      this.answerHello(required(clientHello?.ephemeral))
      return undefined
    }
    return this.finish(required(clientFinish?.static), required(clientFinish?.payload))
  }

  private answerHello(clientEphemeral: Buffer): void {
    this.clientEphemeral = clientEphemeral
    this.authenticate(clientEphemeral)
    this.authenticate(this.ephemeral.public)
    this.mix(Curve.sharedKey(this.ephemeral.private, clientEphemeral))
    const encryptedKey = this.seal(this.staticKey.public)
    this.mix(Curve.sharedKey(this.staticKey.private, this.clientEphemeral))
    const payload = this.seal(this.chain)
    const serverHello = { ephemeral: this.ephemeral.public, static: encryptedKey, payload }
    this.writeFrame(Buffer.from(proto.HandshakeMessage.encode({ serverHello }).finish()))
    this.stage = 'finish'
  }

  private finish(encryptedKey: Buffer, encryptedPayload: Buffer): NoiseEvent {
    const noiseKey = this.unseal(encryptedKey)
    this.mix(Curve.sharedKey(this.ephemeral.private, noiseKey))
    const payload = proto.ClientPayload.decode(this.unseal(encryptedPayload))
    const keys = Buffer.from(hkdf(NOTHING, 64, { salt: this.salt, info: '' }))
    this.readKey = keys.subarray(0, 32)
    this.writeKey = keys.subarray(32)
    this.stage = 'transport'
    return { kind: 'login', payload, noiseKey }
  }

  private authenticate(bytes: Uint8Array): void {
    this.hash = sha256(Buffer.concat([this.hash, bytes]))
  }

  private mix(secret: Uint8Array): void {
    const keys = Buffer.from(hkdf(Buffer.from(secret), 64, { salt: this.salt, info: '' }))
    this.salt = keys.subarray(0, 32)
    this.key = keys.subarray(32)
    this.counter = 0
  }

  private seal(plain: Uint8Array): Buffer {
    const sealed = aesEncryptGCM(plain, this.key, nonce(this.counter++), this.hash)
    this.authenticate(sealed)
    return sealed
  }

  private unseal(sealed: Buffer): Buffer {
    const plain = aesDecryptGCM(sealed, this.key, nonce(this.counter++), this.hash)
    this.authenticate(sealed)
    return plain
  }

  private writeFrame(bytes: Buffer): void {
    const length = Buffer.alloc(3)
    length.writeUIntBE(bytes.length, 0, 3)
    this.write(Buffer.concat([length, bytes]))
  }
}

function nonce(counter: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 8)
  return bytes
}

function required(bytes: Uint8Array | null | undefined): Buffer {
  if (!bytes?.length) throw new Error('the handshake lacks a field')
  return Buffer.from(bytes)
}
