import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Hidden, Time } from '#shared/components/text'
import { Shown } from './Shown'
import type { Item } from './sections'
import { useConfirmed } from './use-confirmed'
import { useChange } from './use-settings'
import { isSame } from './value'

type Change = Schemas['SettingChangeItem']

/** The maximum number of changes shown for a section. */
const MAX_CHANGES = 8

/** The last change of each setting can be undone, except of secrets and of settings that cannot be edited here. */
export function RecentChanges({ keys, items }: { keys: readonly string[]; items: readonly Item[] }) {
  const { data } = useQuery(apiQuery('/api/settings/history', { query: { limit: 100 } }))
  const found = (data?.items ?? []).filter(({ key }) => keys.includes(key)).slice(0, MAX_CHANGES)
  if (found.length === 0) return null
  const isLast = (id: number, key: string) => found.find(one => one.key === key)?.id === id
  return (
    <section>
      <h2 className="grp">
        <Trans>מה השתנה לאחרונה</Trans>
      </h2>
      <ul className="hist">
        {found.map(one => {
          const item = items.find(({ key }) => key === one.key)
          const isSecret = item?.kind === 'secret'
          return (
            <li key={one.id}>
              <span className="grow">
                <span className="strong">{item?.title ?? <bdi>{one.key}</bdi>}</span>{' '}
                {isSecret ? (
                  one.value === null ? (
                    <Trans>הוסר</Trans>
                  ) : (
                    <Trans>הוחלף</Trans>
                  )
                ) : (
                  <>
                    <del>
                      <Shown value={one.previous ?? item?.default} />
                    </del>{' '}
                    <Hidden>
                      <Trans>הפך ל־</Trans>
                    </Hidden>
                    <ins>
                      <Shown value={one.value ?? item?.default} />
                    </ins>
                  </>
                )}
              </span>
              <span className="small muted">
                <bdi>{one.actor_name ?? one.actor}</bdi>, <Time at={one.changed_at} style="when" />
              </span>
              {item?.editable && !isSecret && isLast(one.id, one.key) && !isSame(one.value, one.previous) && (
                <Restore item={item} change={one} />
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Restore({ item, change: { key, id, previous = null } }: { item: Item; change: Change }) {
  const change = useChange({ onError: (error, { changes }) => refused(error, { value: changes[key] }) })
  const { ask, refused, question } = useConfirmed(item, ({ value }: { value: unknown }) =>
    change.mutate({ changes: { [key]: value }, expected: { [key]: id } }),
  )
  return (
    <>
      <button className="btn link" type="button" disabled={change.isPending} onClick={() => ask({ value: previous })}>
        <Trans>להחזיר</Trans>
        <Hidden> {item.title}</Hidden>
      </button>
      {question && <div className="asked">{question}</div>}
    </>
  )
}
