import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import type { Resource } from './data'
import { WeekEditor } from './WeekEditor'
import { fromApi, isComplete, toApi } from './week'

/** The own hours of one member of staff; without any, those of the business hold. */
export function ResourceHours({ resource: { id } }: { resource: Resource }) {
  const path = { path: { id } }
  const own = useQuery(apiQuery('/api/resources/{id}/hours', path))
  const business = useQuery(apiQuery('/api/opening-hours'))
  if (!own.data || !business.data) return null
  return <Form key={JSON.stringify(own.data)} id={id} own={own.data.hours ?? null} business={business.data.hours} />
}

type Hours = Schemas['HoursRange'][]

function Form({ id, own, business }: { id: number; own: Hours | null; business: Hours }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const [isOwn, setOwn] = useState(own !== null)
  const [week, setWeek] = useState(() => fromApi(own ?? business))
  const put = (hours: Hours | null) =>
    unwrap(client.PUT('/api/resources/{id}/hours', { params: { path: { id } }, body: { hours } }))
  const refresh = () => {
    for (const path of ['/api/resources/{id}/hours', '/api/free-slots']) {
      void cache.invalidateQueries({ queryKey: [path] })
    }
  }
  const next = isOwn ? toApi(week) : null
  const save = useAction({
    run: () => put(next),
    done: () => t`השעות נשמרו`,
    undo: () => put(own).then(refresh),
    onDone: refresh,
  })
  const isChanged = JSON.stringify(next) !== JSON.stringify(own === null ? null : toApi(fromApi(own)))
  return (
    <div className="labelled">
      <span className="lb">
        <Trans>שעות</Trans>
      </span>
      <fieldset className="seg" aria-label={t`שעות`}>
        <button type="button" role="radio" aria-checked={!isOwn} onClick={() => setOwn(false)}>
          <Trans>כמו העסק</Trans>
        </button>
        <button type="button" role="radio" aria-checked={isOwn} onClick={() => setOwn(true)}>
          <Trans>שעות משלו</Trans>
        </button>
      </fieldset>
      {isOwn && <WeekEditor value={week} onChange={setWeek} />}
      {isChanged && (
        <button
          className="btn"
          type="button"
          disabled={(isOwn && !isComplete(week)) || save.isPending}
          onClick={() => save.mutate()}
        >
          <Trans>שמירת השעות</Trans>
        </button>
      )}
    </div>
  )
}
