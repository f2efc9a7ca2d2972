import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from '#shared/api/action'
import { Field } from '#shared/components/field'
import { request } from '../api'
import { type Kind, type Managed, type Named, refreshAll, remove } from './kind'

interface Props<T extends Managed, V extends Named> {
  kind: Kind<T, V>
  label: ReactNode
  /** Further fields of the request. */
  more?: object
  /** Why the daemon refuses the item with 409. */
  taken: ReactNode
}

export function NewItem<T extends Managed, V extends Named>({ kind, label, more, taken }: Props<T, V>) {
  const { t } = useLingui()
  const [name, setName] = useState('')
  const [problem, setProblem] = useState<ReactNode>()
  const add = useAction({
    run: () => request<T>('POST', kind.root, { body: { name: name.trim(), ...more } }),
    done: () => t`נוסף`,
    undo: async (_, { id }) => {
      await remove(kind, id)
      refreshAll(kind)
    },
    onDone: () => {
      setName('')
      refreshAll(kind)
    },
    onError: error => {
      if (error.code === 'conflict') setProblem(taken)
      return error.code === 'conflict'
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() && !add.isPending) add.mutate()
  }
  return (
    <form className="managed-new" onSubmit={submit}>
      <Field
        label={label}
        dir="auto"
        value={name}
        maxLength={200}
        error={problem}
        autoComplete="off"
        onChange={event => {
          setProblem(undefined)
          setName(event.target.value)
        }}
      />
      <button className="btn" type="submit" disabled={!name.trim() || add.isPending}>
        <Trans>הוספה</Trans>
      </button>
    </form>
  )
}
