import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { useKeep, useKept } from '#shared/draft'
import { parseAmount } from '#shared/format/amount'
import { type Lead, refresh, request } from './api'

interface Kept {
  title: string
  amount: string
}

export function LeadForm({ contactId }: { contactId: number }) {
  const { t } = useLingui()
  const draft = `lead.${contactId}`
  const kept = useKept<Kept>(draft)
  const [title, setTitle] = useState(kept?.title ?? '')
  const [amount, setAmount] = useState(kept?.amount ?? '')
  const clear = () => {
    setTitle('')
    setAmount('')
  }
  const end = useKeep<Kept>(draft, { title, amount }, { title: '', amount: '' }, clear)
  const value = parseAmount(amount)
  const wrongId = useId()
  const add = useAction({
    run: ({ title }: Kept) =>
      request<Lead>('POST', '/api/leads', {
        body: { contact_id: contactId, title: title.trim(), ...(value != null && { value_minor: value }) },
      }),
    what: () => ({ failed: t`הליד לא נוסף`, unknown: t`לא ידוע אם הליד נוסף` }),
    done: () => t`הליד נוסף`,
    undo: async (_, { id }) => {
      await request('DELETE', '/api/leads/{id}', { params: { path: { id } } })
      refresh('/api/leads', '/api/lead-stages')
    },
    onDone: (_, sent) => {
      end(sent)
      clear()
      refresh('/api/leads', '/api/lead-stages')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (title.trim() && value !== undefined && !add.isPending) add.mutate({ title, amount })
  }
  return (
    <form className="add-line" onSubmit={submit}>
      <input
        className="field"
        dir="auto"
        aria-label={t`ליד חדש`}
        placeholder={t`ליד חדש: מה רוצים לקנות?`}
        value={title}
        maxLength={200}
        onChange={event => setTitle(event.target.value)}
      />
      {title.trim() && (
        <div className="row">
          <input
            className={`field ${value === undefined ? 'bad' : ''}`}
            dir="ltr"
            inputMode="decimal"
            aria-label={t`סכום בשקלים`}
            aria-invalid={value === undefined || undefined}
            aria-describedby={value === undefined ? wrongId : undefined}
            placeholder={t`סכום ₪`}
            value={amount}
            onChange={event => setAmount(event.target.value)}
          />
          <button className="btn" type="submit" disabled={add.isPending || value === undefined}>
            <Trans>הוספה</Trans>
          </button>
        </div>
      )}
      {title.trim() && value === undefined && (
        <p className="err" id={wrongId}>
          <Trans>כאן נכתב סכום, למשל 450</Trans>
        </p>
      )}
    </form>
  )
}
