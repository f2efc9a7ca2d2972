import { stripMarks } from '#shared/format/bidi'
import { isPhone } from '#shared/format/phone'

/** The first name; null if no name is known. */
export function speakerName(name: string): string | null {
  const text = stripMarks(name).trim()
  if (!text || isPhone(text)) return null
  return text.split(/\s+/)[0] ?? null
}
