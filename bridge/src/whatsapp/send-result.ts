export type SendResult =
  /** WhatsApp's server has acknowledged the message. */
  | { readonly kind: 'sent'; readonly id: string }
  /** The message is permanently refused. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** The message was certainly not sent; a retry may succeed. */
  | { readonly kind: 'not_connected'; readonly message: string }
  /** The message's file cannot be fetched now, so the message was not sent; a retry may succeed. */
  | { readonly kind: 'file_unavailable'; readonly message: string }
  /** The message may have been sent; a retry with the same key is safe. */
  | { readonly kind: 'unknown'; readonly message: string }

/** Returns the result for WhatsApp's error code (the `error` of the message's `<ack>`). */
export function refusalOf(error: string): SendResult {
  const known = REFUSALS[error]
  if (known) return { kind: 'refused', ...known }
  // 5xx: an error of the server.
  if (/^5\d\d$/.test(error)) {
    return { kind: 'not_connected', message: `WhatsApp cannot take the message at the moment (code ${error})` }
  }
  return { kind: 'refused', code: 'refused', message: `WhatsApp refused the message (code ${error})` }
}

/** Returns whether an error of the library means that no byte of the message was sent. */
export function wasNotSent(error: unknown): boolean {
  const { output, message } = error as { output?: { statusCode?: number }; message?: string }
  return output?.statusCode === 428 || message === 'All encryptions failed'
}

/** The message's device list was out of date; one retry with a new list may succeed. */
export const STALE_DEVICES = '479'

const REFUSALS: Readonly<Record<string, { code: string; message: string }>> = {
  '403': { code: 'blocked', message: 'WhatsApp does not allow messages to this contact' },
  '404': { code: 'not_on_whatsapp', message: 'this number is not on WhatsApp' },
  '463': {
    code: 'restricted',
    message: 'WhatsApp has restricted the account: it may not begin new conversations at the moment',
  },
}
