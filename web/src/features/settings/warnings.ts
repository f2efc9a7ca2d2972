import { useSyncExternalStore } from 'react'
import { toast } from '#shared/components/toasts'
import { isolate } from '#shared/format/bidi'

/** A key in the text of a warning, such as `whatsapp.provider`. */
const KEY = /[a-z][a-z\d_]*(?:\.[a-z\d_]+)+/g

/** The setting that a warning is about: the first of `keys` that it names. Undefined if it names none. */
export const settingOf = (warning: string, keys: ReadonlySet<string>): string | undefined =>
  warning.match(KEY)?.find(key => keys.has(key))

interface Warning {
  text: string
  key: string | undefined
}

/** All warnings that the settings caused after the last change on this page. */
let warnings: readonly Warning[] = []
const listeners = new Set<() => void>()

/** The id of the title of a setting's row. */
export const rowId = (key: string) => `set-${key}`

const isVisible = (key: string) => (document.getElementById(rowId(key))?.getClientRects().length ?? 0) > 0

/** Shows warnings at their settings. A new one that is about no setting on the screen becomes a toast. */
export function showWarnings(texts: readonly string[], keys: ReadonlySet<string>): void {
  const next = texts.map(text => ({ text, key: settingOf(text, keys) }))
  for (const { text, key } of next) {
    const isNew = warnings.every(known => known.text !== text)
    if (isNew && !(key !== undefined && isVisible(key))) toast.error(isolate(text))
  }
  warnings = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Returns the warnings about a setting. */
export const useWarnings = (key: string): readonly string[] =>
  useSyncExternalStore(subscribe, () => warnings).flatMap(one => (one.key === key ? one.text : []))
