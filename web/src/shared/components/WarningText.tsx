import { orderedParts } from '../format/bidi'
import { Ltr } from './text'

/** A warning about a setting, without the setting's key at its start: the name of the setting is beside it. */
export function WarningText({ text, setting }: { text: string; setting: string }) {
  const shown = text.startsWith(`${setting}: `) ? text.slice(setting.length + 2) : text
  return orderedParts(shown).map(({ text, at, isLtr }) => (isLtr ? <Ltr key={at}>{text}</Ltr> : text))
}
