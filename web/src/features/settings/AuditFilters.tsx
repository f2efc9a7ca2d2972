import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useAllPages } from '#shared/api/all-pages'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Name } from '#shared/components/text'
import type { UrlChange } from '#shared/url'
import { ACTORS } from './AuditActor'
import { type AuditFilter, SUBJECTS } from './audit-filter'
import { DayFilter } from './DayFilter'

interface Props {
  filter: AuditFilter
  change: (change: UrlChange) => void
}

/** Who, what and when. A contact is chosen on its own page, or beside an entry. */
export function AuditFilters({ filter, change }: Props) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const users = useAllPages('/api/users')
  const tokens = useAllPages('/api/tokens')
  const named = [
    ...(users.data?.items ?? []).map(({ id, name }) => [`user:${id}`, name] as const),
    ...(tokens.data?.items ?? []).map(({ id, name }) => [`token:${id}`, name] as const),
  ]
  const { actor = '', subject = '', contact_id, from = '', to = '' } = filter
  // A user or a token that was removed.
  const isUnknown = actor !== '' && !named.some(([id]) => id === actor) && !ACTORS.some(([id]) => id === actor)
  const isFiltered = Object.keys(filter).length > 0
  return (
    <div className="audit-filters" role="group" aria-label={t`סינון`}>
      <label>
        <span className="lb">
          <Trans>מי</Trans>
        </span>
        <select className="field" value={actor} onChange={event => change({ actor: event.target.value })}>
          <option value="">{t`כולם`}</option>
          {named.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
          {ACTORS.map(([id, name]) => (
            <option key={id} value={id}>
              {i18n._(name)}
            </option>
          ))}
          {isUnknown && <option value={actor}>{t`מי שהוסר`}</option>}
        </select>
      </label>
      <label>
        <span className="lb">
          <Trans>במה</Trans>
        </span>
        <select className="field" value={subject} onChange={event => change({ subject: event.target.value })}>
          <option value="">{t`הכול`}</option>
          {SUBJECTS.map(([noun, name]) => (
            <option key={noun} value={noun}>
              {i18n._(name)}
            </option>
          ))}
        </select>
      </label>
      <DayFilter label={<Trans>מיום</Trans>} day={from} choose={from => change({ from })} />
      <DayFilter label={<Trans>עד יום</Trans>} day={to} choose={to => change({ to })} />
      {contact_id !== undefined && <OfContact id={contact_id} clear={() => change({ contact: null })} />}
      {isFiltered && (
        <button
          className="btn quiet"
          type="button"
          onClick={() => change({ actor: null, subject: null, contact: null, from: null, to: null })}
        >
          <Trans>בלי סינון</Trans>
        </button>
      )}
    </div>
  )
}

function OfContact({ id, clear }: { id: number; clear: () => void }) {
  const { t } = useLingui()
  const { data } = useQuery(apiQuery('/api/contacts/{id}', { path: { id } }))
  return (
    <span className="chip">
      {data ? <Name name={data.display_name} number={data.number ?? null} /> : <Trans>לקוח אחד</Trans>}
      <button className="btn quiet icon" type="button" aria-label={t`לא רק הלקוח הזה`} onClick={clear}>
        <Icon icon={IconX} size="s" />
      </button>
    </span>
  )
}
