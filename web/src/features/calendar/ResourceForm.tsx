import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { forgetDraft, isKept, KeptInput, useKeep, useKept } from '#shared/draft'
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

/** The names of the drafts of a form. The hours of a resource are saved by themselves. */
export const RESOURCE_DRAFTS = ['resource', 'resource-hours']

export interface KeptResource {
  name: string
  kind: 'staff' | 'room'
  service_ids: readonly number[]
  /** The version on which the input is based. */
  etag: string | undefined
}

const inputOf = (resource: Resource | undefined, services: readonly Service[]): KeptResource => ({
  name: resource?.name ?? '',
  kind: resource?.kind ?? 'staff',
  service_ids: resource?.service_ids ?? services.map(({ id }) => id),
  etag: resource?.etag,
})

export function ResourceForm({ resource, isGone = false, services, close: leave }: Props) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const drafts = RESOURCE_DRAFTS.map(name => `${name}.${resource?.id ?? 'new'}`)
  const [draft = '', hoursDraft = ''] = drafts
  const kept = useKept<KeptResource>(draft)
  const [isRestored] = useState(() => drafts.some(isKept))
  const [saved] = useState(() => inputOf(resource, services))
  const begun = kept ?? saved
  const { etag } = begun
  const [name, setName] = useState(begun.name)
  const [kind, setKind] = useState(begun.kind)
  const [able, setAble] = useState<readonly number[]>(begun.service_ids)
  const end = useKeep<KeptResource>(draft, { name, kind, service_ids: able, etag }, { ...saved, etag }, leave)
  const close = () => {
    end()
    forgetDraft(hoursDraft)
    leave()
  }
  const edit = useEdit<Resource>(etag)
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
    setAble(able.includes(id) ? able.filter(one => one !== id) : [...able, id])
  }
  return (
    <form
      className="edit-form"
      onSubmit={event => {
        event.preventDefault()
        void submit()
      }}
    >
      {isRestored && <KeptInput discard={close} />}
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
              <input type="checkbox" checked={able.includes(id)} onChange={() => toggle(id)} />
              <bdi>{name}</bdi>
            </label>
          ))}
        </fieldset>
      )}
      {resource && <ResourceHours resource={resource} draft={hoursDraft} ref={hours} onReady={setHoursReady} />}
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
