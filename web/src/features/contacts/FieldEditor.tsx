import { Trans, useLingui } from '@lingui/react/macro'
import { type KeyboardEvent, useRef, useState } from 'react'
import { isDay } from '#shared/format/dates'
import type { CustomField } from './api'
import { parseDay } from './days'

interface Props {
  field: CustomField
  value: string | null
  /** The input of a field that is typed. */
  text: string
  type: (text: string) => void
  /** Why the input was not saved. */
  problem: string | undefined
  isFocused: boolean
  save: (value: string | null) => void
  cancel: () => void
}

/** Returns a value as it is typed. */
export const textOf = ({ kind }: CustomField, value: string | null): string =>
  kind === 'date' && value ? value.split('-').reverse().map(Number).join('.') : (value ?? '')

/** In a text field, Enter and blur save a changed value; Esc cancels. */
export function FieldEditor(props: Props) {
  const { field, value, save, cancel } = props
  if (field.kind === 'flag') {
    return (
      <label className="hit flag">
        <input
          type="checkbox"
          checked={value === 'true'}
          aria-label={field.name}
          onChange={event => save(event.target.checked ? 'true' : 'false')}
        />
      </label>
    )
  }
  if (field.kind === 'choice') return <ChoiceEditor field={field} value={value} save={save} cancel={cancel} />
  return <TextEditor {...props} />
}

/** Keys that go through the choices: the choice is saved by Enter or blur, and not at each of them. */
const STEPS = /^(Arrow|Page|Home$|End$)|^.$/u

function ChoiceEditor({ field, value, save, cancel }: Pick<Props, 'field' | 'value' | 'save' | 'cancel'>) {
  const { t } = useLingui()
  const [choice, setChoice] = useState(value)
  const isStep = useRef(false)
  // The contact keeps a value that is no longer a choice of the field.
  const choices = value === null || field.choices.includes(value) ? field.choices : [value, ...field.choices]
  const submit = () => (choice === value ? cancel() : save(choice))
  const onKeyDown = (event: KeyboardEvent) => {
    isStep.current = STEPS.test(event.key)
    if (event.key === 'Escape') cancel()
    if (event.key !== 'Enter') return
    event.preventDefault()
    submit()
  }
  return (
    <select
      className="field"
      aria-label={field.name}
      value={choice ?? ''}
      // biome-ignore lint/a11y/noAutofocus: the user has just pressed the value.
      autoFocus
      onKeyDown={onKeyDown}
      onPointerDown={() => {
        isStep.current = false
      }}
      onChange={event => {
        const next = event.target.value || null
        setChoice(next)
        if (!isStep.current) save(next)
      }}
      onBlur={submit}
    >
      <option value="">{t`ללא`}</option>
      {choices.map(one => (
        <option key={one}>{one}</option>
      ))}
    </select>
  )
}

function TextEditor({ field, value, text, type, problem, isFocused, save, cancel }: Props) {
  const isDate = field.kind === 'date'
  const first = textOf(field, value)
  const [isWrong, setWrong] = useState(false)
  const submit = () => {
    if (text === first) return cancel()
    const next = text.trim() || null
    if (next === null) return save(null)
    if (isDate) {
      const day = parseDay(next)
      if (!day || !isDay(day)) return setWrong(true)
      return save(day)
    }
    if (field.kind === 'number' && !/^[+-]?\d+(\.\d+)?$/.test(next)) return setWrong(true)
    return save(next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') cancel()
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      submit()
    }
  }
  const isBad = isWrong || problem !== undefined
  const common = {
    className: `field ${isBad ? 'bad' : ''}`,
    'aria-label': field.name,
    'aria-invalid': isBad || undefined,
    autoFocus: isFocused,
    value: text,
    onKeyDown,
    onBlur: submit,
  }
  return (
    <>
      {field.kind === 'text' ? (
        <textarea {...common} dir="auto" rows={1} maxLength={2000} onChange={event => type(event.target.value)} />
      ) : (
        <input
          {...common}
          dir="ltr"
          inputMode={isDate ? 'numeric' : 'decimal'}
          placeholder={isDate ? '7.6.1990' : undefined}
          onChange={event => type(event.target.value)}
        />
      )}
      {isWrong && (
        <p className="err" role="alert">
          {isDate ? <Trans>תאריך כותבים כך: 7.6.1990</Trans> : <Trans>כאן נכתב מספר, למשל 12.5</Trans>}
        </p>
      )}
      {problem !== undefined && (
        <p className="err" role="alert">
          {problem}
        </p>
      )}
    </>
  )
}
