import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { type KeyboardEvent, useId, useState } from 'react'
import { useCountry } from '#shared/session'
import { Secret } from './Secret'
import type { Item } from './sections'
import { type ControlProps, fromText, isNumber, toText } from './value'
import { CHOICES, KNOWN_VALUES, UNITS } from './words'

/** With more choices than this, a list is shown instead of radio buttons. */
const MAX_RADIOS = 3

export function Control(props: ControlProps) {
  const { item, canEdit, labelledBy, describedBy } = props
  const aria = { 'aria-labelledby': labelledBy, 'aria-describedby': describedBy }
  if (item.kind === 'secret') return <Secret {...props} />
  if (item.kind === 'bool' && !item.optional) {
    return (
      <input
        className="sw"
        type="checkbox"
        role="switch"
        aria-checked={item.value === true}
        checked={item.value === true}
        disabled={!canEdit}
        onChange={event => props.onSave(event.target.checked)}
        {...aria}
      />
    )
  }
  if (item.kind === 'bool' || (item.kind === 'choice' && (item.optional || item.choices.length > MAX_RADIOS))) {
    return <Select {...props} />
  }
  if (item.kind === 'choice') return <Radios {...props} />
  const known = KNOWN_VALUES[item.key]
  const value = toText(item.value)
  // A list has no choice for a missing value, which is shown as text if it cannot be chosen.
  if (known && (canEdit || value)) {
    // A stored value that the page does not know remains in the list of choices.
    const choices = value && !known.includes(value) ? [value, ...known] : [...known]
    return <Select {...props} item={{ ...item, choices }} />
  }
  return <TextControl {...props} />
}

function useWord() {
  const { i18n } = useTexts()
  return (word: string) => {
    const known = CHOICES[word]
    return known ? i18n._(known) : word
  }
}

function Radios({ item, canEdit, labelledBy, describedBy, onSave }: ControlProps) {
  const word = useWord()
  const name = useId()
  return (
    <div className="seg" role="radiogroup" aria-labelledby={labelledBy} aria-describedby={describedBy}>
      {item.choices.map(choice => (
        <label key={choice}>
          <input
            className="vh"
            type="radio"
            name={name}
            checked={item.value === choice}
            disabled={!canEdit}
            onChange={() => onSave(choice)}
          />
          {word(choice)}
        </label>
      ))}
    </div>
  )
}

function Select({ item, canEdit, labelledBy, describedBy, onSave }: ControlProps) {
  const word = useWord()
  const isBool = item.kind === 'bool'
  const read = (text: string) => (text === '' ? null : isBool ? text === 'true' : text)
  return (
    <select
      className="field short"
      value={toText(item.value)}
      disabled={!canEdit}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      onChange={event => onSave(read(event.target.value))}
    >
      {item.optional && (
        <option value="">
          <Trans>אוטומטי</Trans>
        </option>
      )}
      {isBool ? (
        <>
          <option value="true">
            <Trans>פועל</Trans>
          </option>
          <option value="false">
            <Trans>כבוי</Trans>
          </option>
        </>
      ) : (
        item.choices.map(choice => (
          <option key={choice} value={choice}>
            {word(choice)}
          </option>
        ))
      )}
    </select>
  )
}

const isProse = (item: Item) => item.kind === 'long_text' || item.key === 'business.name'

function TextControl({ item, canEdit, isBad, labelledBy, describedBy, onSave, onRejection }: ControlProps) {
  const { i18n } = useTexts()
  const { t } = useLingui()
  const country = useCountry()
  const stored = toText(item.value)
  const isMissing = !canEdit && stored === ''
  const [text, setText] = useState(stored)
  /**
   * The setting on which the edit is based. If another user changes it meanwhile, the input is kept, and saving detects
   * the conflict.
   */
  const [base, setBase] = useState(item)
  /** Whether the field was emptied in order to reset the setting. Then it shows the value that is in effect instead. */
  const [isReset, setReset] = useState(false)
  /** The value that was sent for the current text. */
  const [sent, setSent] = useState<{ value: unknown }>()
  // Until the daemon has answered, the page shows the sent value with the old version. If the daemon refuses the value,
  // the text stays, so that the user can correct it.
  const isPending = sent !== undefined && item.version === base.version
  const isSaved = sent !== undefined && !isPending && !isBad
  if (base !== item && (isReset || isSaved || (!isPending && (text === toText(base.value) || text === stored)))) {
    setBase(item)
    setSent(undefined)
    setText(stored)
    setReset(false)
  }
  const commit = () => {
    if (text === stored) return onRejection(undefined)
    const parsed = fromText(item, text, country)
    if ('problem' in parsed) return onRejection(parsed.problem)
    if (parsed.value === null && !item.optional) {
      if (item.source !== 'page') {
        setText(stored)
        return onRejection(undefined)
      }
      setReset(true)
    }
    setSent(parsed)
    onSave(parsed.value, base.version)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && item.kind !== 'long_text') commit()
    if (event.key === 'Escape' && text !== stored) {
      event.stopPropagation()
      setSent(undefined)
      setText(stored)
      onRejection(undefined)
    }
  }
  const type = (text: string) => {
    setReset(false)
    setSent(undefined)
    setText(text)
  }
  const number = isNumber(item.kind)
  const unit = item.unit ? UNITS[item.unit] : undefined
  const common = {
    className: `field ${isBad ? 'bad' : ''} ${number ? 'number' : ''}`,
    dir: isProse(item) ? 'auto' : isMissing ? undefined : 'ltr',
    value: isMissing ? t`לא הוגדר` : text,
    readOnly: !canEdit,
    'aria-labelledby': labelledBy,
    'aria-describedby': describedBy,
    'aria-invalid': isBad || undefined,
    autoComplete: 'off',
    spellCheck: isProse(item),
    // Text that was refused is not sent again without a change.
    onBlur: () => !(isBad && sent) && commit(),
    onKeyDown,
  }
  if (item.kind === 'long_text') {
    return <textarea {...common} rows={6} onChange={event => type(event.target.value)} />
  }
  const mode = number ? 'decimal' : item.kind === 'phone' ? 'tel' : item.kind === 'url' ? 'url' : undefined
  return (
    <div className="pair">
      <input {...common} inputMode={mode} onChange={event => type(event.target.value)} />
      {unit && <span className="muted">{i18n._(unit)}</span>}
      {!unit && item.unit && <bdi className="muted">{item.unit}</bdi>}
    </div>
  )
}
