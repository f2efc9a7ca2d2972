import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { Stage } from './api'

const NAMES: Record<string, MessageDescriptor> = {
  new: msg`חדש`,
  quoted: msg`קיבלו הצעה`,
  won: msg`נסגר`,
  lost: msg`לא יצא`,
}

/** The name of a stage: the one that a user gave it, else that of its key. */
export function stageName(stage: Pick<Stage, 'key' | 'name'>, translate: (text: MessageDescriptor) => string): string {
  if (stage.name) return stage.name
  const known = stage.key ? NAMES[stage.key] : undefined
  return known ? translate(known) : '—'
}

/** The sum of the amounts that are known, in agorot; null if none is. */
export function totalOf(leads: readonly { value_minor?: number | null }[]): number | null {
  const known = leads.flatMap(({ value_minor }) => (value_minor == null ? [] : [value_minor]))
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

/** Agorot of an amount as people type it: «450», «1,200.50 ₪». Undefined if it is not an amount; null if it is empty. */
export function parseAmount(text: string): number | null | undefined {
  const bare = text.replace(/[\s,₪\u200E\u200F]/g, '')
  if (bare === '') return null
  if (!/^\d{1,9}(\.\d{1,2})?$/.test(bare)) return undefined
  return Math.round(Number(bare) * 100)
}
