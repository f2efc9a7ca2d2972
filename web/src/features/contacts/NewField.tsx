import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { BackCloses } from '#shared/components/BackCloses'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { type CustomField, type FieldKind, refresh, request } from './api'
import { useFieldKinds } from './field-kinds'
import { linesOf } from './manage/kind'

export function NewField() {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button className="btn quiet add-field" type="button" onClick={() => setOpen(true)}>
        <Icon icon={IconPlus} size="s" />
        <Trans>פרט נוסף</Trans>
      </button>
      <Dialog opened={isOpen} onClose={() => setOpen(false)} title={<Trans>פרט לכל הלקוחות</Trans>} size={420}>
        <BackCloses close={() => setOpen(false)} />
        <Form close={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Form({ close }: { close: () => void }) {
  const { t } = useLingui()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<FieldKind>('text')
  const [choices, setChoices] = useState('')
  const kinds = useFieldKinds()
  const list = linesOf(choices)
  const [isTaken, setTaken] = useState(false)
  const create = useAction({
    run: () =>
      request<CustomField>('POST', '/api/custom-fields', {
        body: { name: name.trim(), kind, ...(kind === 'choice' && { choices: list }) },
      }),
    done: () => t`הפרט נוסף לכל הלקוחות`,
    undo: async (_, { id }) => {
      await request('DELETE', '/api/custom-fields/{id}', { params: { path: { id } } })
      refresh('/api/custom-fields')
    },
    onDone: () => {
      refresh('/api/custom-fields')
      close()
    },
    onError: ({ code }) => {
      setTaken(code === 'conflict')
      return code === 'conflict'
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <form className="form dialog-form" onSubmit={submit}>
      <Field
        label={<Trans>שם הפרט</Trans>}
        dir="auto"
        value={name}
        required
        data-autofocus
        error={isTaken && <Trans>כבר יש פרט בשם הזה.</Trans>}
        onChange={event => {
          setTaken(false)
          setName(event.target.value)
        }}
      />
      <div className="labelled">
        <label className="lb" htmlFor="field-kind">
          <Trans>מה כותבים בו</Trans>
        </label>
        <select
          id="field-kind"
          className="field"
          value={kind}
          onChange={event => setKind(event.target.value as FieldKind)}
        >
          {Object.entries(kinds).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      {kind === 'choice' && (
        <div className="labelled">
          <label className="lb" htmlFor="field-choices">
            <Trans>האפשרויות, כל אחת בשורה</Trans>
          </label>
          <textarea
            id="field-choices"
            className="field"
            dir="auto"
            rows={4}
            value={choices}
            onChange={event => setChoices(event.target.value)}
          />
        </div>
      )}
      <button
        className="btn pen"
        type="submit"
        disabled={create.isPending || !name.trim() || (kind === 'choice' && list.length === 0)}
      >
        <Trans>הוספה</Trans>
      </button>
    </form>
  )
}
