import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { serverNow } from '#shared/format/clock'
import { atNoon, type Day } from '#shared/format/dates'
import { parseDate } from '#shared/format/parse-date'
import type { Formatter } from '#shared/format/time'
import { useFormat } from '#shared/session'
import { ClosureWords } from './ClosureWords'
import { type Closure, useResources } from './data'
import { ResourceName } from './ResourceName'

export const useRefreshClosures = () => {
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

export interface KeptClosure {
  from: string
  to: string
  reason: string
  resource: number | null
  /** The version on which the input is based. */
  etag?: string | undefined
}

interface Props {
  /** The closure to change; absent for a new one. */
  closure?: Closure
  isGone?: boolean
  close: () => void
}

function inputOf(closure: Closure | undefined, format: Formatter): KeptClosure {
  if (!closure) return { from: '', to: '', reason: '', resource: null }
  const { from_date, to_date, reason, resource_id = null, etag } = closure
  const written = (day: Day) => format.shortDate(atNoon(day))
  return {
    from: written(from_date),
    to: to_date === from_date ? '' : written(to_date),
    reason,
    resource: resource_id,
    etag,
  }
}

/** The times of a closure's first and last day are kept: the form has only its days. */
export function ClosureForm({ closure, isGone = false, close: leave }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const refresh = useRefreshClosures()
  const resources = useResources()
  const draft = `closure.${closure?.id ?? 'new'}`
  const kept = useKept<KeptClosure>(draft)
  const [saved] = useState(() => inputOf(closure, format))
  const [input, setInput] = useState(kept ?? saved)
  const set = (part: Partial<KeptClosure>) => setInput(before => ({ ...before, ...part }))
  const { from, to, reason, resource, etag } = input
  const end = useKeep<KeptClosure>(draft, input, { ...saved, etag }, leave)
  const close = () => {
    end()
    leave()
  }
  const today = format.day(serverNow())
  const [first, last] = [parseDate(from, today), parseDate(to.trim() || from, today)]
  const edit = useEdit<Closure>(etag)
  const { theirs } = edit
  const save = useAction({
    run: () => {
      const days = { from_date: first ?? '', to_date: last ?? '', reason: reason.trim() }
      if (!closure) return unwrap(client.POST('/api/closures', { body: { ...days, resource_id: resource } }))
      const params = { path: { id: closure.id } }
      // The resource may have been removed from the list since.
      const body = { ...days, ...(resource !== saved.resource && { resource_id: resource }) }
      return unwrap(client.PATCH('/api/closures/{id}', { params, body, headers: edit.headers() }))
    },
    done: () =>
      closure ? t`נשמר. תורים שנקבעו כבר לימים האלה נשארים ביומן` : t`נוסף. תורים שנקבעו כבר לימים האלה נשארים ביומן`,
    onDone: () => {
      refresh()
      close()
    },
    onError: edit.refused,
  })
  const said = (day: string | undefined) => (day ? format.longDate(atNoon(day)) : t`למשל 24.12 או 24.12.2026`)
  const items = resources.data?.items ?? []
  // The resource of kept input may have been removed since.
  const isKnown = resource === saved.resource || resource === null || items.some(({ id }) => id === resource)
  return (
    <form
      className="edit-form"
      aria-label={t`סגור מיוחד`}
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
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
      {isGone && <Gone />}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<ClosureWords closure={theirs} />}
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={() => {
            refresh()
            close()
          }}
        />
      )}
      <div className="row">
        <button
          className="btn pen"
          type="submit"
          disabled={!first || !last || last < first || !isKnown || save.isPending || isGone || theirs !== undefined}
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
