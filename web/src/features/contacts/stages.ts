import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { Stage } from './api'

const NAMES: Record<string, MessageDescriptor> = {
  new: msg`חדש`,
  quoted: msg`קיבלו הצעה`,
  won: msg`נסגר`,
  lost: msg`לא יצא`,
}

type Translate = (text: MessageDescriptor) => string

/** The name that a user entered, or else the default name for the key. */
export function stageName(stage: Pick<Stage, 'key' | 'name'>, translate: Translate): string {
  return stage.name || defaultName(stage, translate)
}

/** The name of a built-in stage that was not renamed. */
export function defaultName({ key }: Pick<Stage, 'key'>, translate: Translate): string {
  const known = key ? NAMES[key] : undefined
  return known ? translate(known) : '—'
}

/** In agorot; null if no amount is known. */
export function totalOf(leads: readonly { value_minor?: number | null }[]): number | null {
  const known = leads.flatMap(({ value_minor }) => (value_minor == null ? [] : [value_minor]))
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

/** Parses «450» or «1,200.50 ₪» to agorot; undefined if the text is not an amount, null if it is empty. */
export function parseAmount(text: string): number | null | undefined {
  const bare = text.replace(/[\s,₪\u200E\u200F]/g, '')
  if (bare === '') return null
  if (!/^\d{1,9}(\.\d{1,2})?$/.test(bare)) return undefined
  return Math.round(Number(bare) * 100)
}
