import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { toText } from './value'
import { CHOICES } from './words'

export function Shown({ value }: { value: unknown }) {
  const { i18n } = useTexts()
  if (value === true) return <Trans>פועל</Trans>
  if (value === false) return <Trans>כבוי</Trans>
  const text = toText(value)
  if (text === '') return <Trans>ריק</Trans>
  const word = CHOICES[text]
  return <bdi>{word ? i18n._(word) : text}</bdi>
}
