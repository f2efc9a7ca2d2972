import { Trans, useLingui } from '@lingui/react/macro'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPlus, IconX } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useShownError } from '#shared/api/failures'
import { apiQuery } from '#shared/api/query'
import { useArrowChoice } from '#shared/arrow-choice'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { Name, Phone } from '#shared/components/text'
import { isPhone } from '#shared/format/phone'
import { useWhenAnswered } from '#shared/when-answered'

export interface Picked {
  id: number
  name: string
  number: string | null
}

interface Props {
  value: Picked | null
  /** The id of the preselected contact. */
  initial: number | null
  choose: (contact: Picked | null) => void
}

/** The number of contacts in the list, at first and after a request for more. */
const FEW = 6
const MANY = 50

const LOOKS_LIKE_NUMBER = /^[\d\s()+-]{3,}$/

export function ContactPicker({ value, initial, choose }: Props) {
  const { t } = useLingui()
  const id = useId()
  const [text, setText] = useState('')
  const [limit, setLimit] = useState(FEW)
  const [words] = useDebouncedValue(text.trim(), 150)
  const known = useQuery({
    ...apiQuery('/api/contacts/{id}', { path: { id: initial ?? 0 } }),
    enabled: initial !== null && value === null,
  })
  const found = useQuery({
    ...apiQuery('/api/contacts', { query: { limit, ...(words && { q: words }) } }),
    placeholderData: keepPreviousData,
    enabled: value === null,
  })
  const items = found.data?.items ?? []
  const failed = found.data ? null : found.error
  useShownError(failed)
  const pick = (contact: (typeof items)[number] | undefined) =>
    contact && choose({ id: contact.id, name: contact.display_name, number: contact.number ?? null })
  // The first contact can still change while the search runs.
  const isAnswered = text.trim() === words && found.data !== undefined && !found.isPlaceholderData
  const pickFirst = useWhenAnswered(text, isAnswered, () => pick(items[0]))
  // Without words, the list shows the contacts of late, none of which is the active one.
  const isFirstActive = text.trim() !== ''
  const { at, reset, field } = useArrowChoice({
    id,
    count: items.length,
    isFirstActive,
    pick: at => pick(items[at]),
    pickFirst,
  })
  const first = known.data
  useEffect(() => {
    if (first) choose({ id: first.id, name: first.display_name, number: first.number ?? null })
  }, [first, choose])
  const isFirst = initial === null || first !== undefined
  if (value) {
    return (
      <div className="picked">
        <span className="lb">
          <Trans>לקוח</Trans>
        </span>
        <span className="row">
          <b className="grow">
            <Name name={value.name} number={value.number} />
          </b>
          {value.number && isNamed(value.name) && <Phone number={value.number} className="muted" />}
          <button className="btn quiet icon" type="button" aria-label={t`לבחור לקוח אחר`} onClick={() => choose(null)}>
            <Icon icon={IconX} size="s" />
          </button>
        </span>
      </div>
    )
  }
  return (
    <div className="picker">
      <label className="lb" htmlFor={id}>
        <Trans>לקוח</Trans>
      </label>
      <input
        id={id}
        // The contact is the first field to fill in, so it has the focus, also where the dialog sets it after the field
        // was rendered. While a preselected contact loads, the focus does not move.
        ref={isFirst ? focus : undefined}
        data-autofocus={isFirst || undefined}
        className="field"
        dir="auto"
        {...field}
        value={text}
        placeholder={t`שם או מספר`}
        onChange={event => {
          setText(event.target.value)
          setLimit(FEW)
          reset()
        }}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={t`לקוחות`}>
        {items.map((contact, index) => (
          <li
            key={contact.id}
            id={`${id}-${index}`}
            className="pick"
            role="option"
            aria-selected={index === at}
            // The field keeps the focus.
            onMouseDown={event => event.preventDefault()}
            onClick={() => pick(contact)}
          >
            <span className="grow">
              <Name name={contact.display_name} number={contact.number ?? null} />
            </span>
            {contact.number && isNamed(contact.display_name) && <Phone number={contact.number} className="muted" />}
          </li>
        ))}
      </ul>
      {failed && (
        <p className="row small muted" role="alert">
          <Trans>הלקוחות לא נטענו.</Trans>
          <button className="btn quiet" type="button" onClick={() => void found.refetch()}>
            <Trans>לנסות שוב</Trans>
          </button>
        </p>
      )}
      {limit === FEW && found.data?.next_cursor && (
        <button className="btn link" type="button" onClick={() => setLimit(MANY)}>
          <Trans>עוד לקוחות</Trans>
        </button>
      )}
      {limit === MANY && found.data?.next_cursor && (
        <p className="small muted">
          <Trans>יש עוד לקוחות. כתבו עוד מהשם או מהמספר</Trans>
        </p>
      )}
      {words.length >= 2 && <NewContact words={words} isOffered={isAnswered} choose={choose} />}
    </div>
  )
}

/** Returns false if the contact's number is shown instead of a name, so that the number is not shown twice. */
const isNamed = (name: string) => name.trim() !== '' && !isPhone(name)

const focus = (input: HTMLInputElement | null) => input?.focus()

interface NewProps {
  words: string
  /** Whether a search has answered: a contact that was not searched for may exist. */
  isOffered: boolean
  choose: Props['choose']
}

function NewContact({ words, isOffered, choose }: NewProps) {
  const { t } = useLingui()
  const [isOpen, setOpen] = useState(false)
  const isNumber = LOOKS_LIKE_NUMBER.test(words)
  const [name, setName] = useState('')
  const [number, setNumber] = useState('')
  const [error, setError] = useState<string>()
  const add = useAction({
    run: () => unwrap(client.POST('/api/contacts', { body: { display_name: name.trim(), number: number.trim() } })),
    onDone: contact => choose({ id: contact.id, name: contact.display_name, number: contact.number ?? null }),
    onError: problem => {
      if (problem.code === 'number_taken') setError(t`המספר הזה שייך ללקוח אחר`)
      else if (problem.status === 422 || problem.status === 400) setError(t`חסרות ספרות. במספר נייד יש 10`)
      else return false
      return true
    },
  })
  if (!isOpen && !isOffered) return null
  if (!isOpen) {
    return (
      <button
        className="btn link"
        type="button"
        onClick={() => {
          setName(isNumber ? '' : words)
          setNumber(isNumber ? words : '')
          setOpen(true)
        }}
      >
        <Icon icon={IconPlus} size="s" />
        <Trans>לקוח חדש: {words}</Trans>
      </button>
    )
  }
  return (
    <div className="new-contact">
      <Field label={<Trans>שם</Trans>} value={name} dir="auto" onChange={event => setName(event.target.value)} />
      <Field
        label={<Trans>מספר</Trans>}
        value={number}
        dir="ltr"
        inputMode="tel"
        error={error}
        onChange={event => {
          setNumber(event.target.value)
          setError(undefined)
        }}
      />
      <button className="btn" type="button" disabled={add.isPending || !number.trim()} onClick={() => add.mutate()}>
        <Trans>להוסיף ולבחור</Trans>
      </button>
    </div>
  )
}
