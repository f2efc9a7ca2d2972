import { Trans, useLingui } from '@lingui/react/macro'
import { Fragment, type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, knownEtag, type Schemas, unwrap } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Link } from '#shared/components/Link'
import { Dot, Name } from '#shared/components/text'
import { moveUnsent } from '#shared/unsent'
import { type ContactDetail, refresh } from './api'
import { isChoice, NAME, type Single, useMergeRows } from './merge-rows'

interface Props {
  kept: ContactDetail
  merged: ContactDetail
  /** The id of the merge suggestion that this merge accepts, if there is one. */
  suggestion: number | null
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

/**
 * The user chooses the name to keep, and the value of a field of which each contact has another one; the daemon combines
 * the other data.
 */
export function MergeTable({ kept, merged, suggestion }: Props) {
  const { t } = useLingui()
  const [, go] = useLocation()
  const [owner, setOwner] = useState(kept.display_name || !merged.display_name ? kept.id : merged.id)
  const name = owner === kept.id ? kept.display_name : merged.display_name
  const rows = useMergeRows(kept, merged)
  /** The keys of the rows for which the value of the merged contact was chosen. */
  const [replaced, setReplaced] = useState<ReadonlySet<string>>(new Set())
  const chosen = rows.filter(row => replaced.has(row.key) && isChoice(row, kept, merged))
  const singles = [...chosen.flatMap(({ single }) => single ?? []), ...(owner === kept.id ? [] : [NAME])]
  const edit = useEdit<ContactDetail>(knownEtag(`/api/contacts/${kept.id}`))
  const { theirs } = edit
  /** The version on the screen, whose values the choices replace. */
  const shown = theirs ?? kept
  const merge = useAction({
    run: () => {
      const fieldIds = singles.flatMap(({ fieldId }) => fieldId ?? [])
      const has = (take: Single['take']) => singles.some(single => single.take === take)
      const take = { name: has('name'), language: has('language'), relation: has('relation'), field_ids: fieldIds }
      return sendPart<ContactDetail, Schemas['MergeResponse']>(
        headers =>
          unwrap(
            client.POST('/api/contacts/{id}/merge', {
              params: { path: { id: kept.id } },
              body: { contact_id: merged.id, take },
              headers,
            }),
          ),
        edit.headers(),
        // The merge concerns only the values that it replaces.
        current => singles.every(single => single.valueOf(current) === single.valueOf(shown)),
      )
    },
    done: () => t`הלקוחות אוחדו`,
    // Also restores the values that were replaced.
    undo: (_, { merge_id }) =>
      unwrap(client.POST('/api/merges/{id}/undo', { params: { path: { id: merge_id } } })).then(() =>
        refresh(...ROOTS),
      ),
    onDone: () => {
      refresh(...ROOTS)
      // A text that cannot be moved yet is moved when a conversation is opened.
      void moveUnsent(merged.id, kept.id).catch(() => undefined)
      go(`/app/contacts/${kept.id}`, { replace: true })
    },
    onError: error => {
      const isRefused = edit.refused(error)
      if (isRefused) refresh(...ROOTS)
      return isRefused
    },
  })
  const dismiss = useAction({
    run: (id: number) => unwrap(client.POST('/api/merge-suggestions/{id}/dismiss', { params: { path: { id } } })),
    done: () => t`נרשם: שני אנשים`,
    undo: id =>
      unwrap(client.POST('/api/merge-suggestions/{id}/reopen', { params: { path: { id } } })).then(() =>
        refresh('/api/merge-suggestions'),
      ),
    onDone: () => {
      refresh('/api/merge-suggestions')
      go(`/app/contacts/${kept.id}`, { replace: true })
    },
  })
  const choose = (key: string, isMerged: boolean) => {
    const next = new Set(replaced)
    if (isMerged) next.add(key)
    else next.delete(key)
    setReplaced(next)
  }
  const hasChoice = rows.some(row => isChoice(row, kept, merged))
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
                <Choice group="kept-name" isChosen={owner === contact.id} choose={() => setOwner(contact.id)}>
                  <span className="name">
                    <Name name={contact.display_name} number={contact.number ?? null} />
                  </span>
                </Choice>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.key}>
              <th scope="row">{row.label}</th>
              {[kept, merged].map(contact => (
                <td key={contact.id}>
                  {isChoice(row, kept, merged) ? (
                    <Choice
                      group={`kept-${row.key}`}
                      isChosen={replaced.has(row.key) === (contact === merged)}
                      choose={() => choose(row.key, contact === merged)}
                    >
                      {row.cell(contact)}
                    </Choice>
                  ) : (
                    row.cell(contact)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Result kept={kept} merged={merged} name={name} hasChoice={hasChoice} />
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<Changed singles={singles} contact={theirs} />}
          mineLabel={<Trans>לאחד לפי הבחירה שלי</Trans>}
          theirsLabel={<Trans>לבדוק שוב</Trans>}
          onMine={() => {
            edit.takeMine()
            merge.mutate()
          }}
          onTheirs={edit.takeTheirs}
        />
      )}
      <div className="row wrap">
        <button
          className="btn pen"
          type="button"
          disabled={merge.isPending || theirs !== undefined}
          onClick={() => merge.mutate()}
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

/** The values that another user has saved in place of those that were to be replaced. */
const Changed = ({ singles, contact }: { singles: readonly Single[]; contact: ContactDetail }) => (
  <span className="strong">
    {singles.map((single, at) => (
      <Fragment key={at}>
        {at > 0 && <Dot />}
        <bdi>{single.valueOf(contact)}</bdi>
      </Fragment>
    ))}
  </span>
)

interface ChoiceProps {
  group: string
  isChosen: boolean
  choose: () => void
  children: ReactNode
}

function Choice({ group, isChosen, choose, children }: ChoiceProps) {
  return (
    <label className="choice">
      <input type="radio" name={group} checked={isChosen} onChange={choose} />
      {children}
    </label>
  )
}

interface ResultProps {
  kept: ContactDetail
  merged: ContactDetail
  name: string
  hasChoice: boolean
}

function Result({ kept, merged, name, hasChoice }: ResultProps) {
  return (
    <div className="merge-result">
      <p>
        <Trans>
          יישאר כרטיס אחד,{' '}
          <b>
            <Name name={name} number={kept.number ?? merged.number ?? null} />
          </b>
          , עם המספרים, התגיות, ההודעות והשיחות של שניהם. אפשר לבטל את האיחוד גם אחר כך, מהכרטיס.
        </Trans>
      </p>
      {hasChoice && (
        <p>
          <Trans>כשלכל אחד יש ערך אחר, נשאר רק מה שמסומן. ביטול של האיחוד מחזיר את הלקוח השני עם כל מה שהיה לו.</Trans>
        </p>
      )}
      {kept.opted_out !== merged.opted_out && (
        <p className="strong">
          <Trans>ללקוח המאוחד לא יישלחו הודעות.</Trans>
        </p>
      )}
      {kept.blocked !== merged.blocked && (
        <p className="strong">
          <Trans>הלקוח המאוחד יהיה חסום.</Trans>
        </p>
      )}
    </div>
  )
}
