import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { apiQuery } from '#shared/api/query'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Loaded } from '#shared/components/states'
import { Dot } from '#shared/components/text'
import { isKept, KeptInput, useKeep, useKept } from '#shared/draft'
import { serverNow } from '#shared/format/clock'
import { atNoon } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { useResources } from './data'
import { parseDate } from './parse-date'
import { ResourceName } from './ResourceName'

const closures = apiQuery('/api/closures')

const DRAFT = 'closure.new'

export function Closures() {
  const { t } = useLingui()
  const query = useQuery(closures)
  const [isAdding, setAdding] = useState(() => isKept(DRAFT))
  return (
    <section className="section" aria-labelledby="closures">
      <div className="row">
        <h2 className="grow" id="closures">
          <Trans>סגור מיוחד וחופשות</Trans>
        </h2>
        <button className="btn" type="button" onClick={() => setAdding(true)}>
          <Icon icon={IconPlus} size="s" />
          <Trans>הוספה</Trans>
        </button>
      </div>
      {isAdding && <ClosureForm close={() => setAdding(false)} label={t`סגור מיוחד`} />}
      <Loaded query={query} title={<Trans>הרשימה לא נטענה</Trans>}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">
              <Trans>חופשה, שיפוץ, יום עיון: בימים האלה לא קובעים תורים.</Trans>
            </p>
          ) : (
            <ul className="entries">
              {items.map(closure => (
                <ClosureRow key={closure.id} closure={closure} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}

const useRefresh = () => {
  const cache = useQueryClient()
  return () => {
    for (const path of [
      '/api/closures',
      '/api/calendar/days',
      '/api/free-slots',
      '/api/free-gaps',
      '/api/waiting-list',
    ]) {
      void cache.invalidateQueries({ queryKey: [path] })
    }
  }
}

function ClosureRow({ closure }: { closure: Schemas['Closure'] }) {
  const { t } = useLingui()
  const refresh = useRefresh()
  const { id, from_date, to_date, reason, resource_id, from, to } = closure
  const edit = useEdit<Schemas['Closure']>(closure.etag, { follows: true })
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/closures/{id}', { params: { path: { id } }, headers: edit.headers() })),
    done: () => t`הוסר`,
    undo: () =>
      unwrap(client.POST('/api/closures', { body: { from_date, to_date, reason, resource_id, from, to } })).then(
        refresh,
      ),
    onDone: refresh,
    onError: error => {
      refresh()
      return edit.refused(error)
    },
  })
  return (
    <li className="wrap">
      <span className="grow">
        <Days closure={closure} />
        <br />
        <span className="muted">
          <About closure={closure} />
        </span>
      </span>
      <button className="btn quiet stop" type="button" disabled={remove.isPending} onClick={() => remove.mutate()}>
        <Trans>הסרה</Trans>
      </button>
      <RemovalRefused
        edit={edit}
        show={theirs => (
          <>
            <Days closure={theirs} />
            <Dot />
            <About closure={theirs} />
          </>
        )}
        remove={() => remove.mutate()}
      />
    </li>
  )
}

function Days({ closure: { from_date, to_date, from, to } }: { closure: Schemas['Closure'] }) {
  const format = useFormat()
  return (
    <>
      <b>
        {format.longDate(atNoon(from_date))}
        {to_date !== from_date && <> – {format.longDate(atNoon(to_date))}</>}
      </b>{' '}
      {from && to && <bdi dir="ltr">{`${from}–${to}`}</bdi>}
    </>
  )
}

/** The query for all resources, because a closure may be that of an archived one. */
const everyResource = apiQuery('/api/resources', { query: { archived: true } })

function About({ closure: { resource_id = null, reason } }: { closure: Schemas['Closure'] }) {
  const isWhole = resource_id === null
  const resources = useQuery({ ...everyResource, enabled: !isWhole })
  const resource = resources.data?.items.find(({ id }) => id === resource_id)
  return (
    <>
      {isWhole ? <Trans>כל העסק</Trans> : resource && <ResourceName resource={resource} />}
      {reason && (
        <>
          {(isWhole || resource) && <Dot />}
          <bdi>{reason}</bdi>
        </>
      )}
    </>
  )
}

interface Kept {
  from: string
  to: string
  reason: string
  resource: number | null
}

const EMPTY: Kept = { from: '', to: '', reason: '', resource: null }

function ClosureForm({ close: leave, label }: { close: () => void; label: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const refresh = useRefresh()
  const resources = useResources()
  const kept = useKept<Kept>(DRAFT)
  const [input, setInput] = useState(kept ?? EMPTY)
  const set = (part: Partial<Kept>) => setInput(before => ({ ...before, ...part }))
  const { from, to, reason, resource } = input
  const end = useKeep<Kept>(DRAFT, input, EMPTY)
  const close = () => {
    end()
    leave()
  }
  const today = format.day(serverNow())
  const [first, last] = [parseDate(from, today), parseDate(to.trim() || from, today)]
  const add = useAction({
    run: () =>
      unwrap(
        client.POST('/api/closures', {
          body: { from_date: first ?? '', to_date: last ?? '', reason: reason.trim(), resource_id: resource },
        }),
      ),
    done: () => t`נוסף. תורים שנקבעו כבר לימים האלה נשארים ביומן`,
    onDone: () => {
      refresh()
      close()
    },
  })
  const said = (day: string | undefined) => (day ? format.longDate(atNoon(day)) : t`למשל 24.12 או 24.12.2026`)
  const items = resources.data?.items ?? []
  // The resource of kept input may have been removed since.
  const isKnown = resource === null || items.some(({ id }) => id === resource)
  return (
    <form
      className="edit-form"
      aria-label={label}
      onSubmit={event => {
        event.preventDefault()
        add.mutate()
      }}
    >
      {kept && <KeptInput discard={close} />}
      <div className="pair">
        <Field
          label={<Trans>מיום</Trans>}
          value={from}
          dir="ltr"
          autoFocus
          help={said(first)}
          onChange={event => set({ from: event.target.value })}
        />
        <Field
          label={<Trans>עד יום, כולל</Trans>}
          value={to}
          dir="ltr"
          help={to.trim() ? said(last) : t`ריק: יום אחד`}
          onChange={event => set({ to: event.target.value })}
        />
      </div>
      {(items.length > 1 || !isKnown) && (
        <fieldset className="seg wrap" aria-label={t`מי`}>
          <button type="button" role="radio" aria-checked={resource === null} onClick={() => set({ resource: null })}>
            <Trans>כל העסק</Trans>
          </button>
          {items.map(one => (
            <button
              key={one.id}
              type="button"
              role="radio"
              aria-checked={resource === one.id}
              onClick={() => set({ resource: one.id })}
            >
              <ResourceName resource={one} />
            </button>
          ))}
        </fieldset>
      )}
      <Field
        label={<Trans>סיבה</Trans>}
        value={reason}
        dir="auto"
        maxLength={200}
        onChange={event => set({ reason: event.target.value })}
      />
      <div className="row">
        <button
          className="btn pen"
          type="submit"
          disabled={!first || !last || last < first || !isKnown || add.isPending}
        >
          <Trans>שמירה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>ביטול</Trans>
        </button>
      </div>
    </form>
  )
}
