import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { queryClient } from '#shared/api/query'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { serverNow } from '#shared/format/clock'
import { addDays, atNoon, weekdayOf } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { remove, useCreateTask } from '#shared/tasks/create-task'
import { type NewTask, readDue, readDueAlone } from '#shared/tasks/read-due'

type Due = 'none' | 'today' | 'tomorrow' | 'sunday'

interface Kept {
  title: string
  /** Null if the user has chosen no day. */
  due: Due | null
  typed: string
}

/**
 * A day or an hour in the words of the task is used unless the user chooses another one; without both, the task is due
 * today.
 */
export function TaskDialog({ contactId, name, onClose }: { contactId: number; name: string; onClose: () => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const label = useId()
  const draft = `task.${contactId}`
  const kept = useKept<Kept>(draft)
  const [title, setTitle] = useState(kept?.title ?? '')
  const [due, setDue] = useState<Due | null>(kept?.due ?? null)
  const [typed, setTyped] = useState(kept?.typed ?? '')
  const end = useKeep<Kept>(draft, { title, due, typed }, { title: '', due, typed: '' })
  const [isRestored, setRestored] = useState(kept !== undefined)
  const today = format.day(serverNow())
  const dates: Record<Due, string | null> = {
    none: null,
    today,
    tomorrow: addDays(today, 1),
    sunday: addDays(today, 7 - weekdayOf(today)),
  }
  const words = title.trim()
  const on = (day: string | null) => (day ? { due_date: day } : {})
  const read = readDue(words, serverNow(), format.zone)
  const written = typed.trim() ? readDueAlone(typed, serverNow(), format.zone) : undefined
  const isUnread = typed.trim() !== '' && !written
  const isRead = due === null && !written && (read.due_date ?? read.due_at) !== undefined
  const wanted: NewTask = isRead ? read : { title: words, ...(written ?? on(dates[due ?? 'today'])) }
  const { due_date, due_at } = wanted
  const day = due_date ?? (due_at ? format.day(due_at) : null)
  const named = due_at
    ? `${format.longDate(due_at)}, ${format.time(due_at)}`
    : due_date && format.longDate(atNoon(due_date))
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ['/api/tasks'] })
    void queryClient.invalidateQueries({ queryKey: ['inbox-timeline', contactId] })
  }
  const add = useCreateTask(draft, refresh)
  const create = useAction({
    run: (body: NewTask & { contact_id: number }) => add(body),
    what: () => ({ failed: t`המשימה לא נוספה`, unknown: t`לא ידוע אם המשימה נוספה` }),
    done: () => t`המשימה נוספה`,
    undo: (_, { id }) => remove(id).then(refresh),
    onDone: () => {
      end()
      refresh()
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (words && !isUnread) create.mutate({ ...wanted, contact_id: contactId })
  }
  const names: Record<Due, string> = { none: t`בלי תאריך`, today: t`היום`, tomorrow: t`מחר`, sunday: t`ביום א׳` }
  // On a Saturday, tomorrow is the coming Sunday.
  const choices = (Object.keys(names) as Due[]).filter(one => one !== 'sunday' || dates.sunday !== dates.tomorrow)
  return (
    <Dialog onClose={onClose} title={name ? t`משימה על ${isolate(name)}` : t`משימה חדשה`}>
      <form className="form" onSubmit={submit}>
        {isRestored && (
          <KeptInput
            discard={() => {
              setTitle('')
              setDue(null)
              setTyped('')
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
            {choices.map(one => (
              <label key={one}>
                <input
                  type="radio"
                  name="due"
                  className="vh"
                  checked={day === dates[one]}
                  onChange={() => {
                    setDue(one)
                    setTyped('')
                  }}
                />
                {names[one]}
              </label>
            ))}
          </div>
        </div>
        <Field
          label={<Trans>יום אחר, או יום ושעה</Trans>}
          value={typed}
          dir="auto"
          autoComplete="off"
          error={isUnread ? t`יום נכתב כך: 24.12, יום שלישי, מחר ב־10` : undefined}
          help={named ?? t`למשל 24.12, יום שלישי, מחר ב־10`}
          onChange={event => setTyped(event.target.value)}
        />
        <button className="btn pen" type="submit" disabled={create.isPending || !words || isUnread}>
          <Trans>הוספת המשימה</Trans>
        </button>
      </form>
    </Dialog>
  )
}
