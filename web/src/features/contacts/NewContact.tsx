import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import type { ApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Link } from '#shared/components/Link'
import { useOpened } from '#shared/deferred'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { type ContactDetail, refresh, request } from './api'

export function NewContact({ isOpen, onClose, ...known }: Known & { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog opened={useOpened(isOpen)} onClose={onClose} title={<Trans>לקוח חדש</Trans>} size={420}>
      <Form onClose={onClose} {...known} />
    </Dialog>
  )
}

interface Known {
  /** The initial values, from the preceding search. */
  name?: string | null
  number?: string | null
}

interface Kept {
  name: string
  number: string
}

const DRAFT = 'contact.new'

function Form({ onClose, ...known }: Known & { onClose: () => void }) {
  const { t } = useLingui()
  const [, go] = useLocation()
  // Values of a preceding search are another contact than the one that was begun earlier.
  const isGiven = Boolean(known.name || known.number)
  const kept = useKept<Kept>(DRAFT)
  const begun = isGiven || !kept ? { name: known.name ?? '', number: known.number ?? '' } : kept
  const [name, setName] = useState(begun.name)
  const [number, setNumber] = useState(begun.number)
  const [isRestored, setRestored] = useState(begun === kept)
  const end = useKeep<Kept>(DRAFT, { name, number }, { name: '', number: '' })
  const cancel = () => {
    end()
    onClose()
  }
  const [error, setError] = useState<ApiError | null>(null)
  const create = useAction({
    run: () => request<ContactDetail>('POST', '/api/contacts', { body: { display_name: name.trim(), number } }),
    onDone: ({ id }) => {
      end()
      refresh('/api/contacts')
      // The card replaces the history entry of the dialog, unless the user has closed the dialog meanwhile.
      if (new URLSearchParams(location.search).has('new')) go(`/app/contacts/${id}`, { replace: true })
    },
    onError: found => {
      setError(found)
      return found.status === 409 || found.status === 422
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    create.mutate()
  }
  return (
    <form className="form dialog-form" onSubmit={submit}>
      {isRestored && (
        <KeptInput
          discard={() => {
            setName('')
            setNumber('')
            setRestored(false)
          }}
        />
      )}
      <Field
        label={<Trans>שם</Trans>}
        dir="auto"
        value={name}
        autoComplete="off"
        data-autofocus
        onChange={event => setName(event.target.value)}
      />
      <Field
        label={<Trans>טלפון</Trans>}
        help={<Trans>נייד או קווי, עם קידומת. מחו״ל: עם +.</Trans>}
        error={error && <NumberError error={error} />}
        dir="ltr"
        type="tel"
        inputMode="tel"
        required
        value={number}
        autoComplete="off"
        placeholder={t`050-1234567`}
        onChange={event => setNumber(event.target.value)}
      />
      <div className="row">
        <button className="btn pen" type="submit" disabled={create.isPending || !number.trim()}>
          <Trans>הוספה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={cancel}>
          <Trans>ביטול</Trans>
        </button>
      </div>
    </form>
  )
}

function NumberError({ error }: { error: ApiError }) {
  if (error.code === 'number_taken') {
    return (
      <>
        <Trans>המספר הזה כבר שייך ללקוח.</Trans>{' '}
        {error.params.contact_id && (
          <Link href={`/app/contacts/${error.params.contact_id}`} replace>
            <Trans>לכרטיס שלו</Trans>
          </Link>
        )}
      </>
    )
  }
  if (error.field === 'number') return <Trans>חסרות ספרות, או שזה לא מספר טלפון. במספר נייד יש 10.</Trans>
  return problemText(error)
}
