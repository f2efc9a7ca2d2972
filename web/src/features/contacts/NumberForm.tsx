import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { sendPart, useEdit } from '#shared/api/edit'
import type { ApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Link } from '#shared/components/Link'
import { Dot, Phone } from '#shared/components/text'
import { formatPhone } from '#shared/format/phone'
import { useCountry } from '#shared/session'
import { useUnsaved } from '#shared/unsaved'
import { type Address, type ContactDetail, refresh, request } from './api'

interface Props {
  contact: ContactDetail
  /** The number to correct; undefined to add a number. */
  address?: Address
  close: () => void
}

/** A number that belongs to another contact is not moved; the form offers to merge the two. */
export function NumberForm({ contact, address, close }: Props) {
  const { t } = useLingui()
  const country = useCountry()
  const begun = address ? formatPhone(address.value, country) : ''
  const [number, setNumber] = useState(begun)
  const [error, setError] = useState<ApiError | null>(null)
  const edit = useEdit<Address>(address?.etag)
  const { theirs } = edit
  useUnsaved(number !== begun)
  const correct = (id: number, number: string, headers = {}) =>
    request<Address>('PATCH', '/api/contacts/{id}/numbers/{number_id}', {
      params: { path: { id: contact.id, number_id: id } },
      body: { number },
      headers,
    })
  const save = useAction({
    run: () =>
      address
        ? correct(address.id, number, edit.headers())
        : request<Address>('POST', '/api/contacts/{id}/numbers', {
            params: { path: { id: contact.id } },
            body: { number },
          }),
    done: () => (address ? t`המספר תוקן` : t`המספר נוסף`),
    undo: async (_, saved, headers) => {
      const path = { id: contact.id }
      const former_at = contact.addresses.find(({ id }) => id === saved.id)?.former_at
      if (address) {
        await sendPart(
          headers => correct(saved.id, (edit.replaced() ?? address).value, headers),
          headers,
          (now: Address) => now.value === saved.value,
        )
      } else if (former_at) {
        // The number was a former one, which the addition made current again. The undo restores its former state.
        const body = { number: saved.value, former_at }
        await request('POST', '/api/contacts/{id}/numbers', { params: { path }, body })
      } else {
        await request('DELETE', '/api/contacts/{id}/numbers/{number_id}', {
          params: { path: { ...path, number_id: saved.id } },
        })
      }
      refresh('/api/contacts')
    },
    onDone: () => {
      refresh('/api/contacts')
      close()
    },
    onError: found => {
      if (edit.refused(found)) return true
      if (found.isTransient) return false
      setError(found)
      return true
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    if (number.trim() === begun) close()
    else if (theirs === undefined) save.mutate()
  }
  return (
    <form className="form number-form" onSubmit={submit} onKeyDown={event => event.key === 'Escape' && close()}>
      <Field
        label={address ? <Trans>המספר הנכון</Trans> : <Trans>מספר נוסף</Trans>}
        error={error && <Refused error={error} contact={contact} />}
        dir="ltr"
        type="tel"
        inputMode="tel"
        autoComplete="off"
        autoFocus
        required
        placeholder={t`050-1234567`}
        value={number}
        onChange={event => setNumber(event.target.value)}
      />
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<Phone number={theirs.value} />}
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={() => {
            refresh('/api/contacts')
            close()
          }}
        />
      )}
      <div className="row">
        <button className="btn pen" type="submit" disabled={!number.trim() || save.isPending || theirs !== undefined}>
          <Trans>שמירה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>ביטול</Trans>
        </button>
      </div>
    </form>
  )
}

function Refused({ error, contact }: { error: ApiError; contact: ContactDetail }) {
  if (error.code === 'number_taken') {
    const other = error.params.contact_id
    return (
      <>
        <Trans>המספר הזה שייך ללקוח אחר, ולא הועבר.</Trans>{' '}
        {other && (
          <>
            <Link href={`/app/contacts/${other}`}>
              <Trans>לכרטיס שלו</Trans>
            </Link>
            <Dot />
            <Link href={`/app/contacts/merge?keep=${contact.id}&other=${other}`}>
              <Trans>זה אותו לקוח: לאחד</Trans>
            </Link>
          </>
        )}
      </>
    )
  }
  if (error.code === 'conflict') return <Trans>המספר הזה כבר רשום ללקוח הזה.</Trans>
  if (error.field === 'number') return <Trans>חסרות ספרות, או שזה לא מספר טלפון. במספר נייד יש 10.</Trans>
  return problemText(error)
}
