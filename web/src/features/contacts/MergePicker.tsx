import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useDeferredValue, useId, useState } from 'react'
import { useArrowChoice } from '#shared/arrow-choice'
import { Icon } from '#shared/components/Icon'
import { Name, Phone } from '#shared/components/text'
import { isPhone } from '#shared/format/phone'
import { useWhenAnswered } from '#shared/when-answered'
import { type Contact, contactPages, itemsOf } from './api'

export function MergePicker({ keep, choose }: { keep: number; choose: (id: number) => void }) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const q = useDeferredValue(text.trim())
  const { data, isPlaceholderData, isPending } = useInfiniteQuery({
    ...contactPages({ limit: 10, ...(q && { q }) }),
    placeholderData: keepPreviousData,
  })
  const found = data ? itemsOf<Contact>(data).filter(({ id }) => id !== keep) : []
  const shown = found.slice(0, 10)
  const id = useId()
  const pick = (at: number) => shown[at] && choose(shown[at].id)
  const isAnswered = text.trim() === q && !isPlaceholderData && !isPending
  const pickFirst = useWhenAnswered(text, isAnswered, () => pick(0))
  const { at, reset, field } = useArrowChoice({
    id,
    count: shown.length,
    isFirstActive: text.trim() !== '',
    pick,
    pickFirst,
  })
  return (
    <>
      <p className="muted">
        <Trans>עם מי לאחד?</Trans>
      </p>
      <div className="search contact-search">
        <Icon icon={IconSearch} />
        <input
          id={id}
          {...field}
          type="search"
          dir="auto"
          value={text}
          aria-label={t`חיפוש לקוח`}
          placeholder={t`שם או מספר`}
          onChange={event => {
            setText(event.target.value)
            reset()
          }}
        />
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label={t`לקוחות`}>
        {shown.map((contact, index) => (
          <li
            key={contact.id}
            id={`${id}-${index}`}
            className="menu-row"
            role="option"
            aria-selected={index === at}
            // The field keeps the focus.
            onMouseDown={event => event.preventDefault()}
            onClick={() => choose(contact.id)}
          >
            <span className="grow">
              <Name name={contact.display_name} number={contact.number ?? null} />
            </span>
            {contact.number && contact.display_name && !isPhone(contact.display_name) && (
              <span className="small muted">
                <Phone number={contact.number} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
