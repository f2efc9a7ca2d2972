import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { Name, Phone } from '#shared/components/text'
import { isPhone } from '#shared/format/phone'
import { type Contact, contactPages, itemsOf } from './api'

export function MergePicker({ keep, choose }: { keep: number; choose: (id: number) => void }) {
  const { t } = useLingui()
  const [text, setText] = useState('')
  const q = useDeferredValue(text.trim())
  const { data } = useInfiniteQuery(contactPages({ limit: 10, ...(q && { q }) }))
  const found = data ? itemsOf<Contact>(data).filter(({ id }) => id !== keep) : []
  return (
    <>
      <p className="muted">
        <Trans>עם מי לאחד?</Trans>
      </p>
      <div className="search contact-search">
        <Icon icon={IconSearch} />
        <input
          type="search"
          dir="auto"
          value={text}
          aria-label={t`חיפוש לקוח`}
          placeholder={t`שם או מספר`}
          onChange={event => setText(event.target.value)}
        />
      </div>
      <ul>
        {found.slice(0, 10).map(contact => (
          <li key={contact.id}>
            <button className="menu-row" type="button" onClick={() => choose(contact.id)}>
              <span className="grow">
                <Name name={contact.display_name} number={contact.number ?? null} />
              </span>
              {contact.number && contact.display_name && !isPhone(contact.display_name) && (
                <span className="small muted">
                  <Phone number={contact.number} />
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
