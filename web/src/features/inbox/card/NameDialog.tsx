import { Trans, useLingui } from '@lingui/react/macro'
import { Modal } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { Field } from '#shared/components/field'
import { Phone } from '#shared/components/text'
import { type Contact, call } from '../api'

interface Props {
  contact: Contact
  number: string | null
  onClose: () => void
}

export function NameDialog({ contact: { id }, number, onClose }: Props) {
  const { t } = useLingui()
  const [name, setName] = useState('')
  const rename = useAction({
    run: (display_name: string) =>
      call('PATCH', '/api/contacts/{id}', { params: { path: { id } }, body: { display_name } }),
    patches: display_name => [
      {
        key: ['/api/contacts/{id}', { path: { id } }],
        update: ((contact: Contact) => ({ ...contact, display_name })) as never,
      },
    ],
    done: () => t`השם נשמר`,
    undo: () => call('PATCH', '/api/contacts/{id}', { params: { path: { id } }, body: { display_name: '' } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rename.mutate(name.trim())
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={<Trans>הוספת שם</Trans>}>
      <form className="form" onSubmit={submit}>
        {number && (
          <p className="muted">
            <Phone number={number} />
          </p>
        )}
        <Field
          label={<Trans>שם</Trans>}
          dir="auto"
          data-autofocus
          autoComplete="off"
          value={name}
          maxLength={200}
          onChange={event => setName(event.target.value)}
        />
        <button className="btn pen" type="submit" disabled={!name.trim()}>
          <Trans>שמירה</Trans>
        </button>
      </form>
    </Modal>
  )
}
