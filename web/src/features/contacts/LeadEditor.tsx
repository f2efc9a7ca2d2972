import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { parseAmount } from '#shared/format/amount'
import { useFormat } from '#shared/session'
import { useUnsaved } from '#shared/unsaved'
import { type Lead, refresh, request } from './api'

interface Props {
  lead: Lead
  isGone: boolean
  close: () => void
}

interface Content {
  title: string
  /** In agorot. */
  value_minor: number | null
}

const contentOf = ({ title, value_minor }: Lead): Content => ({ title, value_minor: value_minor ?? null })
const isSame = (a: Content, b: Content) => a.title === b.title && a.value_minor === b.value_minor

const textOf = (value: number | null) => (value === null ? '' : String(value / 100))

/** `first` and `etag` are the content and the version on which the input is based. */
interface Kept {
  title: string
  amount: string
  first: Content
  etag?: string | undefined
}

export const draftOf = (id: number): string => `lead-edit.${id}`

/** Esc closes the form, which has its input again when it is opened the next time. */
export function LeadEditor({ lead, isGone, close: leave }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const draft = draftOf(lead.id)
  const kept = useKept<Kept>(draft)
  const [{ first, etag }] = useState(() => kept ?? { first: contentOf(lead), etag: lead.etag })
  const [title, setTitle] = useState(kept?.title ?? first.title)
  const [amount, setAmount] = useState(kept?.amount ?? textOf(first.value_minor))
  const value = parseAmount(amount)
  const edit = useEdit<Lead>(etag)
  const saved: Kept = { title: first.title, amount: textOf(first.value_minor), first, etag }
  const end = useKeep<Kept>(draft, { title, amount, first, etag }, saved, leave)
  const close = () => {
    end()
    leave()
  }
  const { theirs } = edit
  const send = (content: Content, headers = {}) =>
    request('PATCH', '/api/leads/{id}', { params: { path: { id: lead.id } }, body: content, headers })
  const refreshAll = () => refresh('/api/leads', '/api/lead-stages')
  useUnsaved(title !== first.title || amount !== textOf(first.value_minor))
  const save = useAction({
    // A move to another stage meanwhile is not a conflict with the title and the amount.
    run: ({ next, before }: { next: Content; before: Content }) =>
      sendPart(
        headers => send(next, headers),
        edit.headers(),
        (current: Lead) => isSame(contentOf(current), before),
      ),
    what: () => ({ failed: t`הליד לא נשמר`, unknown: t`לא ידוע אם הליד נשמר` }),
    done: () => t`הליד נשמר`,
    undo: async ({ before, next }, _, headers) => {
      await sendPart(
        headers => send(before, headers),
        headers,
        (now: Lead) => isSame(contentOf(now), next),
      )
      refreshAll()
    },
    onDone: () => {
      refreshAll()
      close()
    },
    onError: edit.refused,
  })
  const submitMine = () => {
    if (value === undefined) return
    save.mutate({
      next: { title: title.trim(), value_minor: value },
      before: theirs ? contentOf(theirs) : first,
    })
  }
  const isComplete = title.trim() !== '' && value !== undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // While the other user's version is shown, the user must choose between the versions first.
    if (theirs === undefined && !isGone && !save.isPending && isComplete) submitMine()
  }
  return (
    <form className="lead-form" onSubmit={submit} onKeyDown={event => event.key === 'Escape' && leave()}>
      {kept && <KeptInput discard={close} />}
      <Field
        label={<Trans>מה רוצים לקנות</Trans>}
        dir="auto"
        value={title}
        maxLength={200}
        autoFocus
        onChange={event => setTitle(event.target.value)}
      />
      <Field
        label={<Trans>סכום בשקלים</Trans>}
        dir="ltr"
        inputMode="decimal"
        value={amount}
        error={value === undefined && <Trans>כאן נכתב סכום, למשל 450</Trans>}
        onChange={event => setAmount(event.target.value)}
      />
      {isGone && <Gone />}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={
            <>
              <bdi className="strong">{theirs.title}</bdi>
              {theirs.value_minor != null && (
                <>
                  {', '}
                  <span className="num">{format.money(theirs.value_minor)}</span>
                </>
              )}
            </>
          }
          onMine={() => {
            edit.takeMine()
            submitMine()
          }}
          onTheirs={() => {
            refreshAll()
            close()
          }}
        />
      )}
      <div className="row wrap">
        <button
          className="btn pen"
          type="submit"
          disabled={!isComplete || save.isPending || isGone || theirs !== undefined}
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
