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
