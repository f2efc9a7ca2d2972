// The linked device, from the server's point of view.

/** A public signed pre-key of the device. */
export interface SignedPreKey {
  id: number
  key: Buffer
  signature: Buffer
}

/** A public one-time pre-key of the device. */
export interface PreKey {
  id: number
  key: Buffer
}

/** The keys and ids that a device sends when it registers. */
export interface Registration {
  identityKey: Buffer
  registrationId: number
  noiseKey: Buffer
  signedPreKey: SignedPreKey
}

/** A device that is linked to the business's account. */
export class Account {
  /** Unused one-time keys. */
  preKeys: PreKey[] = []
  /** Whether the phone has removed the device, or the device has logged out. The device can then no longer log in. */
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

  /** The device's address by phone number. */
  get jid(): string {
    return `${this.phone}:${this.device}@s.whatsapp.net`
  }

  /** The device's address by LID. */
  get lidJid(): string {
    return `${this.lid}:${this.device}@lid`
  }
}
