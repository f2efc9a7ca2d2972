import { Trans, useLingui } from '@lingui/react/macro'
import { IconSettings } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { patch, useAction } from '#shared/api/action'
import { ifMatch, knownEtag } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { problemText } from '#shared/api/problem-text'
import { ChangedBy } from '#shared/components/ChangedBy'
import { FieldText } from '#shared/components/FieldText'
import { Icon } from '#shared/components/Icon'
import { deferred, useHasBeen } from '#shared/deferred'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { type ContactDetail, type CustomField, fieldsQuery, refresh, request } from './api'
import { FieldEditor, textOf } from './FieldEditor'
import { NewField } from './NewField'

const FieldManager = deferred(async () => (await import('./manage/FieldManager')).FieldManager)

export function Fields({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const fields = useQuery(fieldsQuery).data?.items ?? []
  const [isManaged, setManaged] = useState(false)
  const hasBeenManaged = useHasBeen(isManaged)
  const values = new Map(contact.fields.map(({ field_id, value }) => [field_id, value]))
  return (
    <section>
      <div className="sub">
        <h2>
          <Trans>פרטים</Trans>
        </h2>
        {fields.length > 0 && (
          <button
            className="btn quiet icon"
            type="button"
            aria-label={t`ניהול הפרטים`}
            title={t`ניהול הפרטים`}
            onClick={() => setManaged(true)}
          >
            <Icon icon={IconSettings} size="s" />
          </button>
        )}
      </div>
      {fields.length === 0 && (
        <p className="muted">
          <Trans>כאן יופיעו פרטים שחשובים לעסק שלכם: יום הולדת, כתובת, העדפה. הם משותפים לכל הלקוחות.</Trans>
        </p>
      )}
      <dl>
        {fields.map(field => (
          <FieldLine key={field.id} contact={contact} field={field} value={values.get(field.id) ?? null} />
        ))}
      </dl>
      <NewField />
      {hasBeenManaged && <FieldManager isOpen={isManaged} onClose={() => setManaged(false)} />}
    </section>
  )
}

/** What is typed, and the value and the version of the contact that were shown when the editor was opened. */
interface Input {
  text: string
  value: string | null
  etag?: string | undefined
}

interface Change {
  next: string | null
  before: string | null
  /** Undefined to use the version on the screen. */
  etag?: string | undefined
  /** Absent for a field without text. */
  input?: Input | undefined
}

interface LineProps {
  contact: ContactDetail
  field: CustomField
  value: string | null
}

function FieldLine({ contact, field, value }: LineProps) {
  const { t } = useLingui()
  const draft = `contact-field.${contact.id}.${field.id}`
  const kept = useKept<Input>(draft)
  const [isOpen, setOpen] = useState(kept !== undefined)
  // The editor is based on the value that was shown when it was opened: another user may change the value meanwhile.
  // The input stays until it is saved, so that a failed request can show it again.
  const [input, setInput] = useState<Input | null>(kept ?? null)
  const [problem, setProblem] = useState<string>()
  const isDirty = input !== null && input.text !== textOf(field, input.value)
  const end = useKeep<Input | null>(draft, isDirty ? input : null, null, () => close())
  const latest = useRef<Input>(null)
  useEffect(() => {
    latest.current = input
    return () => {
      latest.current = null
    }
  }, [input])
  const path = `/api/contacts/${contact.id}`
  const send = (next: string | null, headers = {}) =>
    request<ContactDetail>('PUT', '/api/contacts/{id}/fields/{field_id}', {
      params: { path: { id: contact.id, field_id: field.id } },
      body: { value: next },
      headers,
    })
  const edit = useEdit<ContactDetail>(knownEtag(path), { follows: true })
  const { theirs } = edit
  const storedIn = ({ fields }: ContactDetail) => fields.find(({ field_id }) => field_id === field.id)?.value ?? null
  const set = useAction({
    // The change includes the previous value, because the cached contact already has the new value at the time of an
    // undo.
    run: ({ next, before, etag }: Change) =>
      sendPart(
        headers => send(next, headers),
        { ...edit.headers(), ...ifMatch(etag) },
        (current: ContactDetail) => storedIn(current) === before,
      ),
    patches: ({ next }) => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({
        ...data,
        fields: [
          ...data.fields.filter(({ field_id }) => field_id !== field.id),
          ...(next === null ? [] : [{ field_id: field.id, name: field.name, kind: field.kind, value: next }]),
        ],
      })),
    ],
    done: () => t`״${isolate(field.name)}״ נשמר`,
    undo: async ({ before }, stored, headers) => {
      await sendPart(
        headers => send(before, headers),
        headers,
        (now: ContactDetail) => storedIn(now) === storedIn(stored),
      )
      refresh('/api/contacts')
    },
    onDone: (_, { input }) => {
      refresh('/api/contacts')
      if (!input) return
      end(input)
      setInput(now => (now === input ? null : now))
    },
    onError: (error, { next, input }) => {
      if (edit.refused(error)) {
        setRefused(next)
        refresh('/api/contacts')
        return true
      }
      // The contact or another input is shown meanwhile.
      if (!input || latest.current !== input) return false
      setProblem(problemText(error))
      setOpen(true)
      return true
    },
  })
  const [refused, setRefused] = useState<string | null>(null)
  const text = (one: string | null) => (one === null ? '—' : <FieldText kind={field.kind} value={one} />)
  const open = () => {
    setProblem(undefined)
    setInput({ text: textOf(field, value), value, etag: knownEtag(path) })
    setOpen(true)
  }
  const close = () => {
    setOpen(false)
    setInput(null)
  }
  const save = (next: string | null) => {
    const before = input ? input.value : value
    if (next === before) return close()
    setOpen(false)
    if (!isDirty) setInput(null)
    set.mutate({ next, before, etag: input?.etag, ...(isDirty && { input }) })
  }
  return (
    <div className="edit">
      <dt>
        <bdi>{field.name}</bdi>
      </dt>
      <dd>
        {isOpen && kept && isDirty && <KeptInput discard={close} />}
        {isOpen || field.kind === 'flag' ? (
          <FieldEditor
            field={field}
            value={input ? input.value : value}
            text={input?.text ?? ''}
            type={text => {
              setProblem(undefined)
              setInput(now => now && { ...now, text })
            }}
            problem={problem}
            isFocused={!kept && problem === undefined}
            save={save}
            cancel={close}
          />
        ) : (
          <button type="button" onClick={open} aria-label={value === null ? t`הוספת ${field.name}` : undefined}>
            {value === null ? <span className="faint">—</span> : <FieldText kind={field.kind} value={value} />}
          </button>
        )}
        {theirs && (
          <ChangedBy
            name={null}
            theirs={text(storedIn(theirs))}
            mine={text(refused)}
            onMine={() => {
              const before = storedIn(theirs)
              edit.takeMine()
              set.mutate({ next: refused, before, ...(input && { input }) })
            }}
            onTheirs={() => {
              edit.takeTheirs()
              close()
            }}
          />
        )}
      </dd>
    </div>
  )
}
