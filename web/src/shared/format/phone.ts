/** A number in E.164 as people write it: Israeli numbers in the national form, others in the international one. */
export function formatPhone(number: string, country = 'IL'): string {
  const text = number.trim()
  const israeli = /^\+972(\d{7,10})$/.exec(text)?.[1]
  if (israeli && country === 'IL') return national(israeli)
  if (israeli) return `+972 ${national(israeli).replace(/^0/, '')}`
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(text)
  if (american) return `+1 ${american[1]}-${american[2]}-${american[3]}`
  const other = /^\+(\d{8,15})$/.exec(text)?.[1]
  if (other) return `+${other.slice(0, -7)} ${other.slice(-7, -4)}-${other.slice(-4)}`
  return text
}

function national(digits: string): string {
  // 1-700, 1-800: no leading zero.
  const toll = /^(1\d00)(\d{3})(\d{3,4})$/.exec(digits)
  if (toll) return `${toll[1]?.slice(0, 1)}-${toll[1]?.slice(1)}-${toll[2]}-${toll[3]}`
  // Mobile (5x) and network (7x) numbers have two digits of prefix, the others one.
  const parts = /^([57]\d|[2-4689])(\d{3})(\d{4})$/.exec(digits)
  return parts ? `0${parts[1]}-${parts[2]}-${parts[3]}` : `0${digits}`
}

/** Returns true if the text is a number that `formatPhone` knows: a display name may be one. */
export const isPhone = (text: string): boolean => /^\+\d{8,15}$/.test(text.trim())
