import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type Ref, useEffect, useImperativeHandle, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { useBase, useEdit } from '#shared/api/edit'
import { apiQuery } from '#shared/api/query'
import { ChangedBy } from '#shared/components/ChangedBy'
import { useKeep, useKept } from '#shared/draft'
import type { Resource } from './data'
import { HoursWords } from './HoursWords'
import { WeekEditor } from './WeekEditor'
import { type DraftRange, fromApi, isComplete, toApi } from './week'

export interface HoursInput {
  /** Saves changed hours. Resolves with false if they could not be saved; the reason is on the screen then. */
  save: () => Promise<boolean>
}

interface Shared {
  /** The name of the draft. */
  draft: string
  ref: Ref<HoursInput>
  /** Called with false while changed hours cannot be saved: they are wrong, or another user has saved others. */
  onReady: (isReady: boolean) => void
}

/** Without own hours, the business's hours apply. */
export function ResourceHours({ resource: { id }, ...shared }: Shared & { resource: Resource }) {
  const path = { path: { id } }
  const own = useQuery(apiQuery('/api/resources/{id}/hours', path))
  const business = useQuery(apiQuery('/api/opening-hours'))
  if (!own.data || !business.data) return null
  return <Editor id={id} data={own.data} business={business.data.hours} {...shared} />
}

type Own = Schemas['ResourceHours']

function Editor({ id, data, business, ...shared }: Shared & { id: number; data: Own; business: Hours }) {
  const { key, item, etag, setDirty } = useBase(data, `/api/resources/${id}/hours`)
  const own = item.hours ?? null
  return <Form key={key} id={id} own={own} etag={etag} business={business} onDirty={setDirty} {...shared} />
}

type Hours = Schemas['HoursRange'][]

interface FormProps extends Shared {
  id: number
  own: Hours | null
  etag: string | undefined
  business: Hours
  onDirty: (isDirty: boolean) => void
}

export interface KeptHours {
  isOwn: boolean
  week: DraftRange[]
  /** The version on which the input is based. */
  etag: string | undefined
}

function Form({ id, own, etag: current, business, onDirty, draft, ref, onReady }: FormProps) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const kept = useKept<KeptHours>(draft)
  const [saved] = useState<Omit<KeptHours, 'etag'>>(() => ({ isOwn: own !== null, week: fromApi(own ?? business) }))
  const etag = kept ? kept.etag : current
  const [isOwn, setOwn] = useState(kept?.isOwn ?? saved.isOwn)
  const [week, setWeek] = useState(kept?.week ?? saved.week)
  const end = useKeep<KeptHours>(draft, { isOwn, week, etag }, { ...saved, etag })
  const edit = useEdit<Own>(etag)
  const { theirs } = edit
  const put = (hours: Hours | null, headers = {}) =>
    unwrap(client.PUT('/api/resources/{id}/hours', { params: { path: { id } }, body: { hours }, headers }))
  const refresh = () => {
    for (const path of ['/api/resources/{id}/hours', '/api/free-slots']) {
      void cache.invalidateQueries({ queryKey: [path] })
    }
  }
  const next = isOwn ? toApi(week) : null
  const replacedHours = () => {
    const replaced = edit.replaced()
    return replaced ? (replaced.hours ?? null) : own
  }
  const save = useAction({
    run: () => put(next, edit.headers()),
    done: () => t`השעות נשמרו`,
    undo: () => put(replacedHours()).then(refresh),
    onDone: saved => {
      end()
      onDirty(false)
      // The saved hours are the base of the next edit at once, and not only after they were fetched again.
      cache.setQueryData(apiQuery('/api/resources/{id}/hours', { path: { id } }).queryKey, saved)
      refresh()
    },
    onError: edit.refused,
  })
  const isChanged = JSON.stringify(next) !== JSON.stringify(own === null ? null : toApi(fromApi(own)))
  useEffect(() => onDirty(isChanged), [onDirty, isChanged])
  const isReady = !isChanged || ((!isOwn || isComplete(week)) && theirs === undefined && !save.isPending)
  useEffect(() => {
    onReady(isReady)
    return () => onReady(true)
  }, [onReady, isReady])
  useImperativeHandle(ref, () => ({
    save: async () =>
      !isChanged ||
      save.mutateAsync().then(
        () => true,
        () => false,
      ),
  }))
  return (
    <div className="labelled">
      <span className="lb">
        <Trans>שעות</Trans>
      </span>
      {/* The saved hours replace the input, so input during the save would be lost. */}
      <fieldset className="fields" disabled={save.isPending}>
        <fieldset className="seg" aria-label={t`שעות`}>
          <button type="button" role="radio" aria-checked={!isOwn} onClick={() => setOwn(false)}>
            <Trans>כמו העסק</Trans>
          </button>
          <button type="button" role="radio" aria-checked={isOwn} onClick={() => setOwn(true)}>
            <Trans>שעות משלו</Trans>
          </button>
        </fieldset>
        {isOwn && <WeekEditor value={week} onChange={setWeek} />}
      </fieldset>
      {theirs && (
        <ChangedBy
          name={null}
          theirs={theirs.hours ? <HoursWords hours={theirs.hours} /> : <Trans>כמו העסק</Trans>}
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={() => {
            edit.takeTheirs()
            setOwn(saved.isOwn)
            setWeek(saved.week)
            onDirty(false)
            refresh()
          }}
        />
      )}
      {isChanged && theirs === undefined && (
        <button className="btn" type="button" disabled={!isReady} onClick={() => save.mutate()}>
          <Trans>שמירת השעות</Trans>
        </button>
      )}
    </div>
  )
}

export function KeptHoursWords({ kept: { isOwn, week } }: { kept: KeptHours }) {
  if (!isOwn) return <Trans>כמו העסק</Trans>
  return isComplete(week) ? <HoursWords hours={toApi(week)} /> : <Trans>שעות משלו</Trans>
}
