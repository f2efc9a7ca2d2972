import type { WASocket } from 'baileys'

/** A code that the phone's owner types in. */
export interface PairingCode {
  readonly text: string
  /** Until when it can be typed in, Unix ms. */
  readonly until: number
}

/** WhatsApp does not give out a pairing code. */
export class PairingRefused extends Error {
  override readonly name = 'PairingRefused'
}

/** Linking by a code that is typed into the phone. Codes follow each other until one was typed in, or {@link MAX_CODES} were not. */
export class CodePairing {
  /** Digits. */
  readonly phone: string
  /** The code that waits. */
  code: PairingCode | undefined
  /** How many codes have waited so far. */
  given = 0
  /** The first code, or why there is none. */
  readonly first: Promise<PairingCode>
  /** Settle `first`, once. */
  resolve!: (code: PairingCode) => void
  reject!: (error: Error) => void

  constructor(phone: string) {
    this.phone = phone
    this.first = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // The request that waited for it may be gone.
    this.first.catch(() => {})
  }

  get mayGoOn(): boolean {
    return this.given < MAX_CODES
  }
}

/** Asks WhatsApp for a code, on a socket that waits to be linked. Throws with WhatsApp's refusal. */
export async function askForCode(socket: WASocket, phone: string): Promise<string> {
  // The library resolves whatever WhatsApp answers.
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

const ANSWER_MS = 5000
const CODE_GIVEN = 'CB:iq,,link_code_companion_reg'
const IQ_ERROR = 'CB:iq,type:error'
/** Each of them is shown on the phone as well. */
const MAX_CODES = 5
