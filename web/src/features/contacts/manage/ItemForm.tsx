import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, type KeyboardEvent, type ReactNode, useState } from 'react'
import { useAction } from '#shared/api/action'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { useUnsaved } from '#shared/unsaved'
import { change, type Kind, type Managed, type Named, refreshAll } from './kind'

/** For controls of a form in a dialog: Escape closes the form, and not the dialog. */
export const ESCAPE_STAYS = { 'data-mantine-stop-propagation': true }

export interface FormParts<T extends Managed, V extends Named> {
  /** Why the daemon refuses a name with 409. */
  taken: ReactNode
  /** Shows the version of another user. */
  show: (item: T) => ReactNode
  /** The name of an item whose name is empty. */
  emptyName?: (item: T) => string
  /** Further controls. */
  extra?: (values: V, set: (values: V) => void) => ReactNode
  isComplete: (values: V) => boolean
}

interface Props<T extends Managed, V extends Named> extends FormParts<T, V> {
  kind: Kind<T, V>
  item: T
  isGone: boolean
  close: () => void
}

/** Includes the values from before the change, for the undo. */
interface Change<V> {
  next: V
  before: V
}

export function ItemForm<T extends Managed, V extends Named>({ kind, item, isGone, close, ...parts }: Props<T, V>) {
  const { t } = useLingui()
  const [first] = useState(() => kind.valuesOf(item))
  const [values, setValues] = useState(first)
  const [problem, setProblem] = useState<ReactNode>()
  const isSame = (a: V, b: V) => JSON.stringify(a) === JSON.stringify(b)
  useUnsaved(!isSame(values, first))
  const edit = useEdit<T>(item.etag)
  const { theirs } = edit
  const set = useAction({
    run: ({ next, before }: Change<V>) =>
      sendPart(
        headers => change(kind, item.id, kind.bodyOf(next), headers),
        edit.headers(),
        (current: T) => isSame(kind.valuesOf(current), before),
      ),
    done: () => t`נשמר`,
    undo: async ({ before, next }, _, headers) => {
      await sendPart(
        headers => change(kind, item.id, kind.bodyOf(before), headers),
        headers,
        (now: T) => isSame(kind.valuesOf(now), next),
      )
      refreshAll(kind)
    },
    onDone: () => {
      refreshAll(kind)
      close()
    },
    onError: error => {
      if (error.code === 'conflict') setProblem(parts.taken)
      return error.code === 'conflict' || edit.refused(error)
    },
  })
  const save = () => set.mutate({ next: values, before: theirs ? kind.valuesOf(theirs) : first })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // While the other user's version is shown, the user must choose between the versions first.
    if (theirs !== undefined || isGone || set.isPending || !parts.isComplete(values)) return
    if (isSame(values, first)) close()
    else save()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) close()
  }
  return (
    <form className="managed-form" onSubmit={submit} onKeyDown={onKeyDown}>
      <Field
        label={<Trans>שם</Trans>}
        dir="auto"
        value={values.name}
        maxLength={200}
        placeholder={parts.emptyName?.(item)}
        error={problem}
        autoComplete="off"
        autoFocus
        {...ESCAPE_STAYS}
        onChange={event => {
          setProblem(undefined)
          setValues({ ...values, name: event.target.value })
        }}
      />
      {parts.extra?.(values, setValues)}
      {isGone && <Gone />}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={parts.show(theirs)}
          onMine={() => {
            edit.takeMine()
            save()
          }}
          onTheirs={() => {
            refreshAll(kind)
            close()
          }}
        />
      )}
      <div className="row">
        <button
          className="btn pen"
          type="submit"
          disabled={!parts.isComplete(values) || set.isPending || isGone || theirs !== undefined}
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
