import { Trans, useLingui } from '@lingui/react/macro'
import { IconTags } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { SearchField } from '#shared/components/SearchField'
import { deferred, useHasBeen } from '#shared/deferred'
import { idOf, type UrlChange, useUrl } from '#shared/url'
import { type ContactFilter, type Relation, type Sort, tagsQuery } from './api'

const TagManager = deferred(async () => (await import('./manage/TagManager')).TagManager)

const SORTS: ReadonlySet<string> = new Set(['activity', 'name', 'created'])

export function useContactFilter(): [ContactFilter, (change: UrlChange) => void] {
  const [params, change] = useUrl()
  const filter: ContactFilter = {}
  const [q, tag, sort] = [params.get('q')?.trim(), idOf(params.get('tag')), params.get('sort')]
  if (q) filter.q = q
  if (tag !== null) filter.tag_id = tag
  if (params.get('blocked') !== null) filter.blocked = true
  const relation = params.get('relation')
  if (relation === 'vip' || relation === 'staff') filter.relation = relation
  if (sort && SORTS.has(sort)) filter.sort = sort as Sort
  return [filter, change]
}

export function ContactFilters() {
  const { t } = useLingui()
  const [filter, change] = useContactFilter()
  const { data } = useQuery(tagsQuery)
  const tags = data?.items ?? []
  const [isManaged, setManaged] = useState(false)
  const hasBeenManaged = useHasBeen(isManaged)
  const relations: [Relation, string][] = [
    ['vip', t`VIP`],
    ['staff', t`צוות`],
  ]
  return (
    <div className="contact-filters">
      <SearchField
        className="contact-search"
        label={t`חיפוש לקוח`}
        placeholder={t`שם או מספר`}
        value={filter.q ?? ''}
        onChange={q => change({ q })}
      />
      <div className="filters" role="group" aria-label={t`סינון`}>
        <button
          type="button"
          aria-pressed={filter.tag_id === undefined && !filter.blocked && !filter.relation}
          onClick={() => change({ tag: null, blocked: null, relation: null })}
        >
          <Trans>הכול</Trans>
        </button>
        {relations.map(([relation, label]) => (
          <button
            key={relation}
            type="button"
            aria-pressed={filter.relation === relation}
            onClick={() => change({ relation: filter.relation === relation ? null : relation })}
          >
            {label}
          </button>
        ))}
        <button
          type="button"
          aria-pressed={filter.blocked === true}
          onClick={() => change({ blocked: filter.blocked ? null : 1 })}
        >
          <Trans>חסומים</Trans>
        </button>
        {tags.map(({ id, name, contact_count }) => (
          <button
            key={id}
            type="button"
            aria-pressed={filter.tag_id === id}
            onClick={() => change({ tag: filter.tag_id === id ? null : id })}
          >
            <bdi className="clip" title={name}>
              {name}
            </bdi>
            <span className="count">{contact_count}</span>
          </button>
        ))}
      </div>
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
      <button
        className="btn quiet icon"
        type="button"
        aria-label={t`ניהול תגיות`}
        title={t`ניהול תגיות`}
        onClick={() => setManaged(true)}
      >
        <Icon icon={IconTags} />
      </button>
      {hasBeenManaged && (
        <TagManager
          isOpen={isManaged}
          onClose={() => setManaged(false)}
          onRemoved={id => filter.tag_id === id && change({ tag: null })}
        />
      )}
    </div>
  )
}
