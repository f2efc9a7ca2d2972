import { Trans, useLingui } from '@lingui/react/macro'
import { Modal } from '@mantine/core'
import { type FormEvent, useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { queryClient } from '#shared/api/query'
import { useRequestKey } from '#shared/api/request-key'
import { Field } from '#shared/components/field'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { serverNow } from '#shared/format/clock'
import { addDays, weekdayOf } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { call, type Task } from '../api'

type Due = 'none' | 'today' | 'tomorrow' | 'sunday'

interface Kept {
  title: string
  due: Due
}

export function TaskDialog({ contactId, name, onClose }: { contactId: number; name: string; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const label = useId()
  const draft = `task.${contactId}`
  const kept = useKept<Kept>(draft)
  const [title, setTitle] = useState(kept?.title ?? '')
  const [due, setDue] = useState<Due>(kept?.due ?? 'today')
  const end = useKeep<Kept>(draft, { title, due }, { title: '', due: title ? 'none' : due })
  const [isRestored, setRestored] = useState(kept !== undefined)
  const today = format.day(serverNow())
  const dates: Record<Due, string | null> = {
    none: null,
    today,
    tomorrow: addDays(today, 1),
    sunday: addDays(today, 7 - weekdayOf(today)),
  }
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ['/api/tasks'] })
    void queryClient.invalidateQueries({ queryKey: ['inbox-timeline', contactId] })
  }
  const keyOf = useRequestKey()
  const create = useAction<object, Task>({
    run: body => call('POST', '/api/tasks', { body, headers: { 'Idempotency-Key': keyOf(body) } }),
    what: () => t`המשימה לא נוספה`,
    done: () => t`המשימה נוספה`,
    undo: (_, { id }) => call('DELETE', '/api/tasks/{id}', { params: { path: { id } } }).then(refresh),
    onDone: () => {
      end()
      refresh()
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body = { title: title.trim(), contact_id: contactId, ...(dates[due] && { due_date: dates[due] }) }
    if (title.trim()) create.mutate(body)
  }
  const names: Record<Due, string> = { none: t`בלי תאריך`, today: t`היום`, tomorrow: t`מחר`, sunday: t`ביום א׳` }
  return (
    <Modal opened onClose={onClose} title={name ? t`משימה על ${isolate(name)}` : t`משימה חדשה`}>
      <form className="form" onSubmit={submit}>
        {isRestored && (
          <KeptInput
            discard={() => {
              setTitle('')
              setDue('today')
              setRestored(false)
            }}
          />
        )}
        <Field
          label={<Trans>מה צריך לעשות</Trans>}
          dir="auto"
          data-autofocus
          value={title}
          onChange={event => setTitle(event.target.value)}
          required
          maxLength={200}
        />
        <div>
          <span className="lb" id={label}>
            <Trans>עד מתי</Trans>
          </span>
          <div className="seg" role="radiogroup" aria-labelledby={label}>
            {(Object.keys(names) as Due[]).map(one => (
              <label key={one}>
                <input type="radio" name="due" className="vh" checked={due === one} onChange={() => setDue(one)} />
                {names[one]}
              </label>
            ))}
          </div>
        </div>
        <button className="btn pen" type="submit" disabled={create.isPending || !title.trim()}>
          <Trans>הוספת המשימה</Trans>
        </button>
      </form>
    </Modal>
  )
}
