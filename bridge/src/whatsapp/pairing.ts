import type { AuthenticationCreds, WASocket } from 'baileys'

/** A pairing code, which the user enters on the phone. */
export interface PairingCode {
  readonly text: string
  /** When the code expires, Unix ms. */
  readonly until: number
}

/** WhatsApp refuses to issue a pairing code. */
export class PairingRefused extends Error {
  override readonly name = 'PairingRefused'
}

/** Pairing by code. An expired code is replaced, until a code is entered or {@link MAX_CODES} have expired. */
export class CodePairing {
  /** The phone number: digits only. */
  readonly phone: string
  given = 0
  /** Resolves with the first code, or rejects with the reason why there is none. */
  readonly first: Promise<PairingCode>
  /** `resolve` and `reject` settle `first`; only the first call of either has an effect. */
  resolve!: (code: PairingCode) => void
  reject!: (error: Error) => void

  constructor(phone: string) {
    this.phone = phone
    this.first = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Avoids an unhandled rejection: the request that waited for the code may have ended.
    this.first.catch(() => {})
  }

  get hasCodesLeft(): boolean {
    return this.given < MAX_CODES
  }
}

/**
 * Requests a code from WhatsApp, on a socket that is not linked yet. Throws {@link PairingRefused}, or another error if
 * WhatsApp does not answer.
 */
export async function requestCode(socket: WASocket, phone: string): Promise<string> {
  // The library's method resolves for every answer, including a refusal, so the answer is read from the socket.
  let stop = () => {}
  const answer = new Promise<void>((resolve, reject) => {
    const refused = () => reject(new PairingRefused('WhatsApp does not give out a code for this number'))
    const timer = setTimeout(() => reject(new Error('WhatsApp did not answer')), ANSWER_MS)
    socket.ws.on(CODE_GIVEN, resolve).on(IQ_ERROR, refused)
    stop = () => {
      clearTimeout(timer)
      socket.ws.off(CODE_GIVEN, resolve).off(IQ_ERROR, refused)
    }
  })
  return Promise.all([socket.requestPairingCode(phone), answer])
    .then(([code]) => code)
    .finally(stop)
}

/**
 * Returns a QR code's text with the current secret: `https://wa.me/settings/linked_devices#ref,noise key,identity
 * key,secret,platform`, or only the part after `#`. WhatsApp may retire the secret while codes are shown
 * (`companion_reg_refresh`), but Baileys keeps using the first secret, and phones then refuse to link the device.
 */
export function withCurrentSecret(qr: string, creds: AuthenticationCreds): string {
  const [address, fields] = qr.includes('#') ? (qr.split('#') as [string, string]) : [undefined, qr]
  const parts = fields.split(',')
  parts[3] = creds.advSecretKey
  return address === undefined ? parts.join(',') : `${address}#${parts.join(',')}`
}

const ANSWER_MS = 5000
const CODE_GIVEN = 'CB:iq,,link_code_companion_reg'
const IQ_ERROR = 'CB:iq,type:error'
/** The maximum number of codes in one pairing: each code also prompts the user on the phone. */
const MAX_CODES = 5
