/** The result of a request to send. */
export type SendResult =
  /** WhatsApp's server has it. */
  | { readonly kind: 'sent'; readonly id: string }
  /** It will not be sent, now or later. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** It has certainly not been sent; a retry may succeed. */
  | { readonly kind: 'not_connected'; readonly message: string }
  /** It may have been sent; a retry with the same key is safe. */
  | { readonly kind: 'unknown'; readonly message: string }

/** WhatsApp's code for a message that it refuses (the `error` of its `<ack>`). */
export function refusalOf(error: string): SendResult {
  const known = REFUSALS[error]
  if (known) return { kind: 'refused', ...known }
  // 5xx: an error of the server.
  if (/^5\d\d$/.test(error)) {
    return { kind: 'not_connected', message: `WhatsApp cannot take the message at the moment (code ${error})` }
  }
  return { kind: 'refused', code: 'refused', message: `WhatsApp refused the message (code ${error})` }
}

/** Whether an error of the library means that no byte of the message was sent. */
export function wasNotSent(error: unknown): boolean {
  const { output, message } = error as { output?: { statusCode?: number }; message?: string }
  return output?.statusCode === 428 || message === 'All encryptions failed'
}

/** The message's device list was out of date; one retry with a fresh one may help. */
export const STALE_DEVICES = '479'

const REFUSALS: Readonly<Record<string, { code: string; message: string }>> = {
  '403': { code: 'blocked', message: 'WhatsApp does not allow messages to this contact' },
  '404': { code: 'not_on_whatsapp', message: 'this number is not on WhatsApp' },
  '463': {
    code: 'restricted',
    message: 'WhatsApp has restricted the account: it may not begin new conversations at the moment',
  },
}
