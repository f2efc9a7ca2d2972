import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useDeferredValue, useState } from 'react'
import { useAction } from '#shared/api/action'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Name, Phone } from '#shared/components/text'
import { useWhenAnswered } from '#shared/when-answered'
import { type Contact, call } from '../api'
import { contactsQuery } from '../queries'

interface Props {
  onClose: () => void
  onFound: (contactId: number) => void
}

const DIGITS = /^[+*\d\s().-]{3,}$/

export function NewMessage({ onClose, onFound }: Props) {
  const { t } = useLingui()
  const [words, setWords] = useState('')
  const [problem, setProblem] = useState<string>()
  const wanted = useDeferredValue(words.trim())
  const found = useQuery({ ...contactsQuery(wanted), enabled: wanted.length > 1, placeholderData: before => before })
  const open = (id: number) => {
    onClose()
    onFound(id)
  }
  const isAnswered = wanted === words.trim() && wanted.length > 1 && found.isSuccess && !found.isPlaceholderData
  const openFirst = useWhenAnswered(words.trim(), isAnswered, () => {
    const first = found.data?.items[0]
    if (first) open(first.id)
  })
  const isNumber = DIGITS.test(words.trim())
  const create = useAction<void, Contact>({
    run: () => call('POST', '/api/contacts', { body: { display_name: '', number: words.trim() } }),
    onDone: ({ id }) => open(id),
    onError: error => {
      const known = Number(error.params.contact_id)
      if (error.code === 'number_taken' && known) open(known)
      else if (error.status === 422) {
        setProblem(
          words.replace(/\D/g, '').length < 9 ? t`חסרות ספרות. במספר נייד יש 10` : t`זה לא מספר טלפון שאפשר לכתוב אליו`,
        )
      } else return false
      return true
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setProblem(undefined)
    if (isNumber) create.mutate()
    else openFirst()
  }
  return (
    <Dialog onClose={onClose} title={t`הודעה חדשה`}>
      <form className="form wide" onSubmit={submit}>
        <Field
          label={<Trans>שם או מספר</Trans>}
          dir="auto"
          data-autofocus
          autoComplete="off"
          value={words}
          error={problem}
          onChange={event => setWords(event.target.value)}
        />
        {found.data && wanted.length > 1 && (
          <ul className="picks">
            {found.data.items.map(contact => (
              <li key={contact.id}>
                <button type="button" className="menu-row" onClick={() => open(contact.id)}>
                  <Name name={contact.display_name} number={contact.number ?? null} />
                  {contact.number && contact.display_name && (
                    <span className="end small muted">
                      <Phone number={contact.number} />
                    </span>
                  )}
                </button>
              </li>
            ))}
            {found.data.items.length === 0 && !isNumber && (
              <li className="muted">
                <Trans>אין לקוח כזה. אפשר לכתוב מספר טלפון.</Trans>
              </li>
            )}
          </ul>
        )}
        {isNumber && (
          <button className="btn pen" type="submit" disabled={create.isPending}>
            <Trans>
              כתיבה אל <bdi dir="ltr">{words.trim()}</bdi>
            </Trans>
          </button>
        )}
      </form>
    </Dialog>
  )
}
