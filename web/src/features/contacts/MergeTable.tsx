import { Trans, useLingui } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, ifMatch, knownEtag, unwrap } from '#shared/api/client'
import { sendPart } from '#shared/api/edit'
import { asApiError } from '#shared/api/errors'
import { FieldText } from '#shared/components/FieldText'
import { Link } from '#shared/components/Link'
import { Name, Phone, Time } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import { isolate } from '#shared/format/bidi'
import { type ContactDetail, refresh, request } from './api'
import { Contacted } from './MergeWords'

interface Props {
  kept: ContactDetail
  merged: ContactDetail
  /** The id of the merge suggestion that this merge accepts, if there is one. */
  suggestion: number | null
}

/** The name that the kept contact has before the merge, and the one that the user chose. */
interface Names {
  before: string
  chosen: string
}

const ROOTS = [
  '/api/contacts',
  '/api/threads',
  '/api/inbox',
  '/api/calls',
  '/api/merge-suggestions',
  '/api/leads',
  '/api/tasks',
]

const ignoreChanged = (reason: unknown) => {
  if (asApiError(reason).code !== 'changed') throw reason
}

/** The user chooses the name to keep; the daemon combines the other data. */
export function MergeTable({ kept, merged, suggestion }: Props) {
  const { t } = useLingui()
  const [, go] = useLocation()
  const [owner, setOwner] = useState(kept.display_name || !merged.display_name ? kept.id : merged.id)
  const name = owner === kept.id ? kept.display_name : merged.display_name
  const params = { path: { id: kept.id } }
  const [etag] = useState(() => knownEtag(`/api/contacts/${kept.id}`))
  /** Fails if the contact, which the merge has changed, no longer has the name `before`. */
  const setName = ({ before, chosen }: Names, version = etag) =>
    sendPart(
      headers => request('PATCH', '/api/contacts/{id}', { params, body: { display_name: chosen }, headers }),
      ifMatch(version),
      (current: ContactDetail) => current.display_name === before,
    )
  // Its own action: if only the new name fails, the merge is done, can be undone, and must not be repeated.
  const rename = useAction({
    run: ({ version, ...names }: Names & { version?: string | undefined }) => setName(names, version ?? etag),
    onDone: () => refresh(...ROOTS),
    onError: (error, { chosen }) => {
      if (error.code !== 'changed') return false
      const before = (error.current as ContactDetail).display_name
      refresh(...ROOTS)
      // The table is no longer shown.
      toast.error(
        t`בינתיים השם שונה ל״${isolate(before)}״, ולכן לא נשמר השם ״${isolate(chosen)}״`,
        () => rename.mutate({ before, chosen, version: error.etag }),
        { label: t`לשמור את שלי` },
      )
      return true
    },
  })
  const merge = useAction({
    run: (_: Names) => unwrap(client.POST('/api/contacts/{id}/merge', { params, body: { contact_id: merged.id } })),
    done: () => t`הלקוחות אוחדו`,
    undo: async ({ before, chosen }, { merge_id }) => {
      await unwrap(client.POST('/api/merges/{id}/undo', { params: { path: { id: merge_id } } }))
      // A name that another user has chosen since stays.
      if (chosen !== before) await setName({ before: chosen, chosen: before }).catch(ignoreChanged)
      refresh(...ROOTS)
    },
    onDone: (_, { before, chosen }) => {
      if (chosen !== before) rename.mutate({ before, chosen })
      refresh(...ROOTS)
      go(`/app/contacts/${kept.id}`, { replace: true })
    },
  })
  const dismiss = useAction({
    run: (id: number) => unwrap(client.POST('/api/merge-suggestions/{id}/dismiss', { params: { path: { id } } })),
    onDone: () => {
      refresh('/api/merge-suggestions')
      go(`/app/contacts/${kept.id}`, { replace: true })
    },
  })
  const rows: [ReactNode, (contact: ContactDetail) => ReactNode][] = [
    [<Trans key="n">מספרים</Trans>, contact => <NumberList contact={contact} />],
    [<Trans key="t">תגיות</Trans>, contact => <TagList contact={contact} />],
    [<Trans key="f">פרטים</Trans>, contact => <FieldList contact={contact} />],
    [<Trans key="c">שיחות והודעות</Trans>, contact => <Contacted contact={contact} />],
    [
      <Trans key="l">קשר אחרון</Trans>,
      ({ last_activity_at: at }) => (at ? <Time at={at} style="full" /> : <span className="faint">—</span>),
    ],
    [<Trans key="s">ברשימה מאז</Trans>, contact => <Time at={contact.created_at} style="date" />],
  ]
  return (
    <>
      <table className="merge">
        <thead>
          <tr>
            <th scope="col">
              <span className="vh">
                <Trans>מה</Trans>
              </span>
            </th>
            {[kept, merged].map(contact => (
              <th key={contact.id} scope="col">
                <label className="choice">
                  <input
                    type="radio"
                    name="kept-name"
                    checked={owner === contact.id}
                    onChange={() => setOwner(contact.id)}
                  />
                  <span className="name">
                    <Name name={contact.display_name} number={contact.number ?? null} />
                  </span>
                </label>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, cell], at) => (
            <tr key={at}>
              <th scope="row">{label}</th>
              <td>{cell(kept)}</td>
              <td>{cell(merged)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="merge-result">
        <Trans>
          יישאר כרטיס אחד,{' '}
          <b>
            <Name name={name} number={kept.number ?? merged.number ?? null} />
          </b>
          , עם המספרים, התגיות, ההודעות והשיחות של שניהם. אפשר לבטל את האיחוד גם אחר כך, מהכרטיס.
        </Trans>
      </p>
      <div className="row wrap">
        <button
          className="btn pen"
          type="button"
          disabled={merge.isPending}
          onClick={() => merge.mutate({ before: kept.display_name, chosen: name })}
        >
          <Trans>כן, לאחד</Trans>
        </button>
        {suggestion !== null ? (
          <button className="btn" type="button" disabled={dismiss.isPending} onClick={() => dismiss.mutate(suggestion)}>
            <Trans>לא, שני אנשים</Trans>
          </button>
        ) : (
          <Link className="btn" href={`/app/contacts/${kept.id}`}>
            <Trans>לא לאחד</Trans>
          </Link>
        )}
      </div>
    </>
  )
}

function NumberList({ contact: { addresses } }: { contact: ContactDetail }) {
  const phones = addresses.filter(({ kind }) => kind === 'phone' || kind === 'twilio_wa')
  if (phones.length === 0) return <Trans>לא ידוע</Trans>
  return [...new Set(phones.map(({ value }) => value))].map(value => (
    <p key={value}>
      <Phone number={value} />
    </p>
  ))
}

function TagList({ contact: { tags } }: { contact: ContactDetail }) {
  if (tags.length === 0) return <span className="faint">—</span>
  return (
    <span className="row wrap">
      {tags.map(({ id, name }) => (
        <span key={id} className="chip">
          <bdi>{name}</bdi>
        </span>
      ))}
    </span>
  )
}

function FieldList({ contact: { fields } }: { contact: ContactDetail }) {
  if (fields.length === 0) return <span className="faint">—</span>
  return fields
    .filter(({ kind }) => kind !== 'flag')
    .map(({ field_id, name, kind, value }) => (
      <p key={field_id}>
        <bdi className="faint">{name}</bdi> <FieldText kind={kind} value={value} />
      </p>
    ))
}
