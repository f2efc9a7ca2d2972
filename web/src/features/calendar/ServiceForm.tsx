import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { type ChangeEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { problemText } from '#shared/api/problem-text'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { parseAmount } from '#shared/format/amount'
import { isolate } from '#shared/format/bidi'
import type { Service } from './data'
import { ServiceWords } from './ServiceWords'

const priceOf = (text: string) => parseAmount(text, 7)

const minutesOf = (text: string): number | undefined => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : undefined)

interface Props {
  /** The service to change; absent for a new one. */
  service?: Service
  isGone?: boolean
  close: () => void
}

const inputOf = (service: Service | undefined) => ({
  name: service?.name ?? '',
  duration: String(service?.duration_min ?? 30),
  price: service?.price_minor != null ? String(service.price_minor / 100) : '',
  before: String(service?.buffer_before_min ?? 0),
  after: String(service?.buffer_after_min ?? 0),
  description: service?.description ?? '',
  /** The version on which the input is based. */
  etag: service?.etag,
})

export type KeptService = ReturnType<typeof inputOf>

/** The service that was typed. Values that are not numbers count as missing. */
export const serviceOf = (kept: KeptService) => ({
  name: kept.name,
  duration_min: minutesOf(kept.duration) ?? 0,
  price_minor: priceOf(kept.price) ?? null,
  buffer_before_min: minutesOf(kept.before) ?? 0,
  buffer_after_min: minutesOf(kept.after) ?? 0,
  description: kept.description,
})

export function ServiceForm({ service, isGone = false, close: leave }: Props) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const draft = `service.${service?.id ?? 'new'}`
  const kept = useKept<KeptService>(draft)
  const saved = inputOf(service)
  const begun = kept ?? saved
  const [name, setName] = useState(begun.name)
  const [duration, setDuration] = useState(begun.duration)
  const [price, setPrice] = useState(begun.price)
  const [before, setBefore] = useState(begun.before)
  const [after, setAfter] = useState(begun.after)
  const [description, setDescription] = useState(begun.description)
  const { etag } = begun
  const end = useKeep<KeptService>(
    draft,
    { name, duration, price, before, after, description, etag },
    { ...saved, etag },
    leave,
  )
  const close = () => {
    end()
    leave()
  }
  const [wrong, setWrong] = useState<{ field: string; text: string } | null>(null)
  const minor = priceOf(price)
  const minutes = minutesOf(duration)
  const buffers = [minutesOf(before), minutesOf(after)] as const
  const edit = useEdit<Service>(etag)
  const { theirs } = edit
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/services'] })
  const save = useAction({
    run: () => {
      const body = {
        name: name.trim(),
        duration_min: minutes ?? 0,
        buffer_before_min: buffers[0] ?? 0,
        buffer_after_min: buffers[1] ?? 0,
        price_minor: minor ?? null,
        description: description.trim(),
      }
      return service
        ? unwrap(
            client.PATCH('/api/services/{id}', { params: { path: { id: service.id } }, body, headers: edit.headers() }),
          )
        : unwrap(client.POST('/api/services', { body }))
    },
    done: (_, saved) => t`השירות ${isolate(saved.name)} נשמר`,
    onDone: () => {
      refresh()
      close()
    },
    onError: error => {
      if (edit.refused(error)) return true
      if (!error.field) return false
      setWrong({ field: error.field, text: problemText(error) })
      return true
    },
  })
  const errorOf = (field: string) => (wrong?.field === field ? wrong.text : undefined)
  /** An edit removes the error of the last save. */
  const into = (set: (text: string) => void) => (event: ChangeEvent<HTMLInputElement>) => {
    setWrong(null)
    set(event.target.value)
  }
  const bad = t`מספר דקות, למשל 45`
  return (
    <form
      className="edit-form"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      {kept && <KeptInput discard={close} />}
      <Field
        label={<Trans>שם השירות</Trans>}
        value={name}
        dir="auto"
        maxLength={100}
        autoFocus
        error={errorOf('name')}
        onChange={into(setName)}
      />
      <div className="pair">
        <Field
          label={<Trans>אורך בדקות</Trans>}
          value={duration}
          dir="ltr"
          inputMode="numeric"
          error={minutes === undefined || minutes < 5 ? bad : errorOf('duration_min')}
          onChange={into(setDuration)}
        />
        <Field
          label={<Trans>מחיר בשקלים</Trans>}
          value={price}
          dir="ltr"
          inputMode="decimal"
          help={<Trans>אפשר להשאיר ריק</Trans>}
          error={minor === undefined ? t`סכום, למשל 120 או 99.90` : errorOf('price_minor')}
          onChange={into(setPrice)}
        />
      </div>
      <div className="pair">
        <Field
          label={<Trans>הכנה לפני, בדקות</Trans>}
          value={before}
          dir="ltr"
          inputMode="numeric"
          error={buffers[0] === undefined ? bad : errorOf('buffer_before_min')}
          onChange={into(setBefore)}
        />
        <Field
          label={<Trans>סידור אחרי, בדקות</Trans>}
          value={after}
          dir="ltr"
          inputMode="numeric"
          error={buffers[1] === undefined ? bad : errorOf('buffer_after_min')}
          onChange={into(setAfter)}
        />
      </div>
      <Field
        label={<Trans>תיאור</Trans>}
        help={<Trans>הסוכן אומר את זה למי ששואל</Trans>}
        value={description}
        dir="auto"
        maxLength={500}
        onChange={into(setDescription)}
      />
      {isGone && <Gone />}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<ServiceWords service={theirs} isWhole />}
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
          disabled={
            !name.trim() ||
            !minutes ||
            minor === undefined ||
            buffers.includes(undefined) ||
            save.isPending ||
            isGone ||
            theirs !== undefined
          }
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
