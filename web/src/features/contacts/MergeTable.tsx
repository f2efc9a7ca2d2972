import { Trans, useLingui } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, ifMatch, knownEtag, unwrap } from '#shared/api/client'
import { sendPart } from '#shared/api/edit'
import { asApiError } from '#shared/api/errors'
import { Link } from '#shared/components/Link'
import { Name } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import { isolate } from '#shared/format/bidi'
import { type ContactDetail, refresh } from './api'
import { isChoice, NAME, type Single, useMergeRows } from './merge-rows'

interface Props {
  kept: ContactDetail
  merged: ContactDetail
  /** The id of the merge suggestion that this merge accepts, if there is one. */
  suggestion: number | null
}

/** A value of the kept contact that the user replaces with that of the merged contact. */
interface Replacement {
  single: Single
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

const valueIn = (contact: ContactDetail, single: Single) => single.valueOf(contact) ?? ''

const ignoreChanged = (reason: unknown) => {
  if (asApiError(reason).code !== 'changed') throw reason
}

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
  const replacements = (): Replacement[] => {
    const chosen = rows.filter(row => replaced.has(row.key) && isChoice(row, kept, merged))
    const singles = chosen.flatMap(({ single }) => single ?? [])
    return [...singles, ...(owner === kept.id ? [] : [NAME])]
      .map(single => ({ single, before: valueIn(kept, single), chosen: valueIn(merged, single) }))
      .filter(({ before, chosen }) => before !== chosen)
  }
  const [etag] = useState(() => knownEtag(`/api/contacts/${kept.id}`))
  /** Fails if the contact, which the merge has changed, no longer has the value `before`. */
  const send = ({ single, before, chosen }: Replacement, version = etag) =>
    sendPart(
      headers => single.send(kept.id, chosen, headers),
      ifMatch(version),
      (current: ContactDetail) => valueIn(current, single) === before,
    )
  // Its own action: if only a value fails, the merge is done, can be undone, and must not be repeated.
  const replace = useAction({
    run: async ({ values, version }: { values: readonly Replacement[]; version?: string | undefined }) => {
      for (const value of values) await send(value, version)
    },
    onDone: () => refresh(...ROOTS),
    onError: (error, { values }) => {
      if (error.code !== 'changed') return false
      const current = error.current as ContactDetail
      const rest = values
        .map(value => ({ ...value, before: valueIn(current, value.single) }))
        .filter(({ before, chosen }) => before !== chosen)
      const [first] = rest
      refresh(...ROOTS)
      if (!first) return true
      const [before, chosen] = [isolate(first.before), isolate(first.chosen)]
      // The table is no longer shown.
      toast.error(
        first.single === NAME
          ? t`בינתיים השם שונה ל״${before}״, ולכן לא נשמר השם ״${chosen}״`
          : t`בינתיים נשמר ״${before}״, ולכן לא נשמר ״${chosen}״`,
        () => replace.mutate({ values: rest, version: error.etag }),
        { label: t`לשמור את שלי` },
      )
      return true
    },
  })
  const merge = useAction({
    run: (_: readonly Replacement[]) =>
      unwrap(
        client.POST('/api/contacts/{id}/merge', {
          params: { path: { id: kept.id } },
          body: { contact_id: merged.id },
        }),
      ),
    done: () => t`הלקוחות אוחדו`,
    undo: async (values, { merge_id }) => {
      await unwrap(client.POST('/api/merges/{id}/undo', { params: { path: { id: merge_id } } }))
      // A value that another user has chosen since stays.
      for (const { single, before, chosen } of values) {
        await send({ single, before: chosen, chosen: before }).catch(ignoreChanged)
      }
      refresh(...ROOTS)
    },
    onDone: (_, values) => {
      if (values.length > 0) replace.mutate({ values })
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
      <div className="row wrap">
        <button
          className="btn pen"
          type="button"
          disabled={merge.isPending}
          onClick={() => merge.mutate(replacements())}
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
