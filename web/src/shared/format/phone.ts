import { stripMarks } from './bidi'

/** A number with its country code of one to three digits. In ITU-T E.164, no country code is the prefix of another. */
const ABROAD = /^\+(?=\d{8,15}$)([17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d+)$/

/** Formats an E.164 number: Israeli numbers in the national format if `country` is Israel, others internationally. */
export function formatPhone(number: string, country: string): string {
  const text = number.trim()
  const israeli = /^\+972(\d{7,10})$/.exec(text)?.[1]
  if (israeli && country === 'IL') return national(israeli)
  if (israeli) return `+972 ${national(israeli).replace(/^0/, '')}`
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(text)
  if (american) return `+1 ${american[1]}-${american[2]}-${american[3]}`
  const [, code, other] = ABROAD.exec(text) ?? []
  if (code && other)
    return `+${code} ${[other.slice(0, -7), other.slice(-7, -4), other.slice(-4)].filter(Boolean).join(' ')}`
  return text
}

function national(digits: string): string {
  // Toll-free and shared-cost numbers (1-700, 1-800) have no leading zero.
  const toll = /^(1\d00)(\d{3})(\d{3,4})$/.exec(digits)
  if (toll) return `${toll[1]?.slice(0, 1)}-${toll[1]?.slice(1)}-${toll[2]}-${toll[3]}`
  // Mobile (5x) and VoIP (7x) numbers have a prefix of two digits, landlines of one.
  const parts = /^([57]\d|[2-4689])(\d{3})(\d{4})$/.exec(digits)
  return parts ? `0${parts[1]}-${parts[2]}-${parts[3]}` : `0${digits}`
}

/** Returns true if the text is an E.164 number. A display name may be one. */
export const isPhone = (text: string): boolean => /^\+\d{8,15}$/.test(text.trim())

/** A phone number within a text: international with +, Israeli national, or a short one such as *6040. */
const IN_TEXT =
  /(?<![\p{L}\d+*/]|\d[.-])(?:\+\d(?:[ \-().]{0,2}\d){7,14}|(?:0(?:[57]\d|[23489])|\(0(?:[57]\d|[23489])\))[ -]?\d{3}[ -]?\d{4}|1-?[578]00-?\d{3}-?\d{3,4}|\*\d{3,5})(?![\p{L}\d*/]|[.-]\d)/gu

interface TextPart {
  text: string
  /** The position at which the part begins. */
  at: number
  /** For phone numbers: the number to dial. */
  tel?: string
}

/**
 * Splits a text into phone numbers and the text between them. Numbers must be isolated (bidi), because Hebrew text
 * would reorder them.
 */
export function phoneParts(text: string): TextPart[] {
  if (text && !/\d/.test(text)) return [{ text, at: 0 }]
  const parts: TextPart[] = []
  let last = 0
  for (const match of text.matchAll(IN_TEXT)) {
    const number = match[0]
    if (match.index > last) parts.push({ text: text.slice(last, match.index), at: last })
    parts.push({ text: number, at: match.index, tel: `tel:${number.replace(/[^\d+*]/g, '')}` })
    last = match.index + number.length
  }
  if (last < text.length) parts.push({ text: text.slice(last), at: last })
  return parts
}

/**
 * Converts a typed number to E.164. Accepts international numbers with + and, if `country` is Israel, Israeli ones
 * with a leading 0; returns undefined otherwise.
 */
export function fullNumber(text: string, country: string): string | undefined {
  const digits = stripMarks(text).replace(/[\s().\p{Pd}]/gu, '')
  if (/^\+\d{8,15}$/.test(digits)) return digits
  return country === 'IL' && /^0\d{8,9}$/.test(digits) ? `+972${digits.slice(1)}` : undefined
}
