import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import type { Resource, Service } from './data'
import { type HoursInput, ResourceHours } from './ResourceHours'
import { ResourceWords } from './ResourceWords'

interface Props {
  /** The resource to change; absent for a new one. */
  resource?: Resource
  isGone?: boolean
  services: readonly Service[]
  close: () => void
}

export function ResourceForm({ resource, isGone = false, services, close }: Props) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const [name, setName] = useState(resource?.name ?? '')
  const [kind, setKind] = useState<'staff' | 'room'>(resource?.kind ?? 'staff')
  const [able, setAble] = useState<ReadonlySet<number>>(
    new Set(resource ? resource.service_ids : services.map(({ id }) => id)),
  )
  const edit = useEdit<Resource>(resource?.etag)
  const { theirs } = edit
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/resources'] })
  const save = useAction({
    run: () => {
      const body = { name: name.trim(), kind, service_ids: [...able] }
      return resource
        ? unwrap(
            client.PATCH('/api/resources/{id}', {
              params: { path: { id: resource.id } },
              body,
              headers: edit.headers(),
            }),
          )
        : unwrap(client.POST('/api/resources', { body }))
    },
    done: () => t`נשמר`,
    onDone: () => {
      refresh()
      close()
    },
    onError: edit.refused,
  })
  const hours = useRef<HoursInput>(null)
  const [areHoursReady, setHoursReady] = useState(true)
  const submit = async () => {
    // The hours have a request of their own, and come first: if they are refused, the form stays open with all input.
    if ((await hours.current?.save()) !== false) save.mutate()
  }
  const toggle = (id: number) => {
    const next = new Set(able)
    if (!next.delete(id)) next.add(id)
    setAble(next)
  }
  return (
    <form
      className="edit-form"
      onSubmit={event => {
        event.preventDefault()
        void submit()
      }}
    >
      <Field
        label={<Trans>שם</Trans>}
        value={name}
        dir="auto"
        maxLength={100}
        autoFocus
        onChange={event => setName(event.target.value)}
      />
      <fieldset className="seg wrap" aria-label={t`סוג`}>
        {(['staff', 'room'] as const).map(value => (
          <button key={value} type="button" role="radio" aria-checked={kind === value} onClick={() => setKind(value)}>
            {value === 'staff' ? <Trans>עובד או עובדת</Trans> : <Trans>עמדה או חדר</Trans>}
          </button>
        ))}
      </fieldset>
      {services.length > 0 && (
        <fieldset className="checks">
          <legend className="lb">
            <Trans>שירותים</Trans>
          </legend>
          {services.map(({ id, name }) => (
            <label key={id}>
              <input type="checkbox" checked={able.has(id)} onChange={() => toggle(id)} />
              <bdi>{name}</bdi>
            </label>
          ))}
        </fieldset>
      )}
      {resource && <ResourceHours resource={resource} ref={hours} onReady={setHoursReady} />}
      {isGone && <Gone />}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<ResourceWords resource={theirs} services={services} />}
          onMine={() => {
            edit.takeMine()
            void submit()
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
          disabled={!name.trim() || !areHoursReady || save.isPending || isGone || theirs !== undefined}
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
