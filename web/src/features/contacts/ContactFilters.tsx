import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useSearchParams } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { type ContactFilter, type Sort, tagsQuery } from './api'

const SORTS: ReadonlySet<string> = new Set(['activity', 'name', 'created'])
/** How long typing may pause before the search begins. */
const PAUSE_MS = 200

/** The filter of the table; it is in the address. */
export function useContactFilter(): [ContactFilter, (change: Record<string, string | null>) => void] {
  const [params, setParams] = useSearchParams()
  const filter: ContactFilter = {}
  const [q, tag, sort] = [params.get('q')?.trim(), params.get('tag'), params.get('sort')]
  if (q) filter.q = q
  if (tag && /^\d+$/.test(tag)) filter.tag_id = Number(tag)
  if (sort && SORTS.has(sort)) filter.sort = sort as Sort
  const change = (change: Record<string, string | null>) =>
    setParams(
      before => {
        const next = new URLSearchParams(before)
        for (const [name, value] of Object.entries(change)) {
          if (value) next.set(name, value)
          else next.delete(name)
        }
        return next
      },
      { replace: true },
    )
  return [filter, change]
}

/** Search, tags and order of the table. */
export function ContactFilters() {
  const { t } = useLingui()
  const [filter, change] = useContactFilter()
  const { data } = useQuery(tagsQuery)
  const tags = data?.items ?? []
  return (
    <div className="contact-filters">
      <Search value={filter.q ?? ''} onChange={q => change({ q })} />
      {tags.length > 0 && (
        <div className="filters" role="group" aria-label={t`תגיות`}>
          <button type="button" aria-pressed={filter.tag_id === undefined} onClick={() => change({ tag: null })}>
            <Trans>הכול</Trans>
          </button>
          {tags.map(({ id, name, contact_count }) => (
            <button
              key={id}
              type="button"
              aria-pressed={filter.tag_id === id}
              onClick={() => change({ tag: filter.tag_id === id ? null : String(id) })}
            >
              <bdi>{name}</bdi>
              <span className="count">{contact_count}</span>
            </button>
          ))}
        </div>
      )}
      <label className="sort">
        <span className="vh">
          <Trans>סדר</Trans>
        </span>
        <select
          className="field"
          value={filter.sort ?? 'activity'}
          onChange={event => change({ sort: event.target.value === 'activity' ? null : event.target.value })}
        >
          <option value="activity">{t`לפי קשר אחרון`}</option>
          <option value="name">{t`לפי שם`}</option>
          <option value="created">{t`חדשים קודם`}</option>
        </select>
      </label>
    </div>
  )
}

function Search({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useLingui()
  const [text, setText] = useState(value)
  const change = useRef(onChange)
  change.current = onChange
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => change.current(text.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, value])
  return (
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
      {text && (
        <button className="btn quiet icon" type="button" aria-label={t`ניקוי החיפוש`} onClick={() => setText('')}>
          <Icon icon={IconX} size="s" />
        </button>
      )}
    </div>
  )
}
