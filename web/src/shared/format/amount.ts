const GROUPS = [',', '.', ' ']

/** Marks of direction, which a copied text can contain, and the sign of the shekel. */
const AROUND = /[₪\u200E\u200F\u2066-\u2069]/g

/**
 * Parses an amount of shekels with a decimal point or comma, and with or without separators of thousands: «99.90»,
 * «99,90», «1,234.50», «1.234,50», «₪1,234». Returns agorot; null if the text is empty; `undefined` if the text is not an
 * amount, has more than `digits` digits before the decimals, or is ambiguous, such as «1.234».
 */
export function parseAmount(text: string, digits = 9): number | null | undefined {
  const bare = text.replace(AROUND, '').replace(/\s+/g, ' ').trim()
  if (bare === '') return null
  const [, whole = '', decimals = ''] = /^(.*?)(?:[.,](\d{1,2}))?$/.exec(bare) ?? []
  const separator = bare.charAt(whole.length)
  const groups = GROUPS.find(group => isGrouped(whole, group) && group !== separator)
  // «1.234» can be 1234, or 1.23 with one digit too many.
  if (groups === '.' && decimals === '' && whole.indexOf('.') === whole.lastIndexOf('.')) return undefined
  const plain = groups ? whole.replaceAll(groups, '') : whole
  if (!/^\d+$/.test(plain) || plain.length > digits) return undefined
  return Number(plain) * 100 + Number(decimals.padEnd(2, '0'))
}

const isGrouped = (whole: string, group: string): boolean => {
  const [first = '', ...others] = whole.split(group)
  return others.length > 0 && /^[1-9]\d{0,2}$/.test(first) && others.every(part => /^\d{3}$/.test(part))
}
