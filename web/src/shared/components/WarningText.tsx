import { orderedParts } from '../format/bidi'
import { Ltr } from './text'

/** A warning about a setting, in the direction of the page. */
export function WarningText({ text }: { text: string }) {
  return orderedParts(text).map(({ text, at, isLtr }) => (isLtr ? <Ltr key={at}>{text}</Ltr> : text))
}
