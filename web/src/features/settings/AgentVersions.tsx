import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Schemas } from '#shared/api/client'
import { apiPages } from '#shared/api/query'
import { Confirm } from '#shared/components/Confirm'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Hidden, Time } from '#shared/components/text'
import { dirOf } from '#shared/format/bidi'
import { Diff } from './Diff'
import type { Item } from './sections'
import { toText } from './value'

type Change = Schemas['SettingChangeItem']

interface Props {
  item: Item
  canEdit: boolean
  /** Whether the field has changes that a restored version replaces; the user is asked first. */
  hasUnsaved: boolean
  onRestore: (text: string) => void
}

export function AgentVersions({ item, canEdit, hasUnsaved, onRestore }: Props) {
  const query = useInfiniteQuery(apiPages('/api/settings/history', { query: { key: item.key, limit: 20 } }))
  const [open, setOpen] = useState<number>()
  return (
    <section>
      <h2 className="grp">
        <Trans>גרסאות קודמות</Trans>
      </h2>
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={3} height={56} />}
        title={<Trans>הגרסאות לא נטענו. הטקסט עצמו בתוקף</Trans>}
      >
        {({ pages }) => {
          const changes = pages.flatMap(({ items }) => items)
          if (changes.length === 0) {
            return (
              <p className="muted">
                <Trans>כל שמירה תופיע כאן, עם מה שהשתנה, ואפשר יהיה לחזור אליה.</Trans>
              </p>
            )
          }
          return (
            <ul className="entries">
              {changes.map((change, at) => (
                <Version
                  key={change.id}
                  change={change}
                  item={item}
                  isCurrent={at === 0}
                  isOpen={open === change.id}
                  hasUnsaved={hasUnsaved}
                  onToggle={() => setOpen(open === change.id ? undefined : change.id)}
                  onRestore={canEdit ? onRestore : undefined}
                />
              ))}
            </ul>
          )
        }}
      </Loaded>
      {query.hasNextPage && (
        <button
          className="btn"
          type="button"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          <Trans>גרסאות ישנות יותר</Trans>
        </button>
      )}
    </section>
  )
}

interface VersionProps {
  change: Change
  item: Item
  isCurrent: boolean
  isOpen: boolean
  hasUnsaved: boolean
  onToggle: () => void
  onRestore: ((text: string) => void) | undefined
}

function Version({ change, item, isCurrent, isOpen, hasUnsaved, onToggle, onRestore }: VersionProps) {
  const { t } = useLingui()
  const id = `version-${change.id}`
  const text = toText(change.value ?? item.default)
  const words = text.trim().split('\n')[0] || t`טקסט ריק`
  return (
    <li>
      <div className="grow" id={`${id}-name`}>
        <p className="strong">
          <Time at={change.changed_at} style="full" />{' '}
          {isCurrent && (
            <span className="chip ok">
              <Trans>בתוקף</Trans>
            </span>
          )}
        </p>
        <p className="small muted">
          <bdi>{change.actor_name ?? change.actor}</bdi>
        </p>
        <p className="small muted plain clip" dir={dirOf(words)}>
          {words}
        </p>
      </div>
      <button className="btn quiet" type="button" aria-expanded={isOpen} aria-controls={id} onClick={onToggle}>
        <Trans>מה השתנה</Trans>
        <Hidden>
          {' '}
          <Time at={change.changed_at} style="full" />
        </Hidden>
      </button>
      {!isCurrent &&
        onRestore &&
        (hasUnsaved ? (
          <Confirm
            button={<Trans>להחזיר את הנוסח הזה</Trans>}
            question={<Trans>מה שכתבתם ועוד לא שמרתם יימחק. להחזיר את הנוסח הזה?</Trans>}
            onConfirm={() => onRestore(text)}
          />
        ) : (
          <button className="btn" type="button" onClick={() => onRestore(text)}>
            <Trans>להחזיר את הנוסח הזה</Trans>
          </button>
        ))}
      <div id={id} hidden={!isOpen} style={{ flexBasis: '100%' }}>
        {isOpen && <Diff before={toText(change.previous ?? item.default)} after={text} />}
      </div>
    </li>
  )
}
