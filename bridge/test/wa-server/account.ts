// The linked device, from the server's point of view.

export interface SignedPreKey {
  id: number
  key: Buffer
  signature: Buffer
}

export interface PreKey {
  id: number
  key: Buffer
}

export interface Registration {
  identityKey: Buffer
  registrationId: number
  noiseKey: Buffer
  signedPreKey: SignedPreKey
}

export class Account {
  /** Unused one-time keys. */
  preKeys: PreKey[] = []
  /** Whether the link has ended: the device can no longer log in. */
  revoked = false
  signedPreKey: SignedPreKey
  readonly identityKey: Buffer
  readonly registrationId: number
  readonly noiseKey: Buffer

  constructor(
    readonly phone: string,
    readonly lid: string,
    readonly device: number,
    registration: Registration,
  ) {
    this.identityKey = registration.identityKey
    this.registrationId = registration.registrationId
    this.noiseKey = registration.noiseKey
    this.signedPreKey = registration.signedPreKey
  }

  get jid(): string {
    return `${this.phone}:${this.device}@s.whatsapp.net`
  }

  get lidJid(): string {
    return `${this.lid}:${this.device}@lid`
  }
}
