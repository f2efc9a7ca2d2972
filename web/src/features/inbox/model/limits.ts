import type { Provider, Route } from '../api'

/** The maximum length of a text in characters, as the daemon counts them; undefined while it is not known. */
export function maxChars(route: Route | undefined, provider: Provider | 'auto'): number | undefined {
  if (!route || provider === 'auto') return route?.max_text_chars
  return route.alternatives.find(way => way.provider === provider)?.max_text_chars
}

/** Code points: an emoji of two UTF-16 units is one character. */
export const charsOf = (text: string): number => [...text].length

/** Whether a refused message can be accepted by another attempt without a change. */
export const canRetry = (code: string | undefined): boolean => !FINAL.has(code ?? '')

const FINAL = new Set([
  'text_too_long',
  'empty_message',
  'invalid',
  'invalid_recipient',
  'own_number',
  'recipient_not_allowed',
  'media_unknown',
])

/**
 * Whether Twilio accepts free text now, but not at this time, unless the contact writes before. With a connected phone of the
 * business, the route is chosen again at that time, and a free text goes out by the phone.
 */
export function isAfterWindow(route: Route | undefined, provider: Provider | 'auto', at: Date): boolean {
  const way = provider === 'auto' ? route?.provider : provider
  const canUsePhone = route?.alternatives.some(({ provider, possible }) => provider === 'baileys' && possible)
  if (provider === 'auto' && canUsePhone) return false
  return way === 'twilio' && route?.window_until != null && at.getTime() > Date.parse(route.window_until)
}
