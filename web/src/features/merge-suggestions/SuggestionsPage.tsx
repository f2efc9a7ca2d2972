import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconUsersGroup } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Name, Phone } from '#shared/components/text'

const refresh = () => void queryClient.invalidateQueries({ queryKey: ['/api/merge-suggestions'] })

/** The daemon does not merge a suggested pair by itself; a user decides. */
export default function SuggestionsPage() {
  const { t } = useLingui()
  useDocumentTitle(t`לקוחות כפולים`)
  const query = useAllPages('/api/merge-suggestions')
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <div className="page-head">
          <h1>
            <Trans>לקוחות כפולים</Trans>
          </h1>
        </div>
        <Loaded query={query} skeleton={<SkeletonRows count={3} height={84} />}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title={<Trans>אין לקוחות כפולים</Trans>}>
                <Trans>כשמספר עובר מלקוח ללקוח, או כשהודעה אחת מזכירה שניים, השאלה תופיע כאן.</Trans>
              </EmptyState>
            ) : (
              <ul className="problems">
                {items.map(item => (
                  <Suggestion key={item.id} suggestion={item} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </main>
    </div>
  )
}

const REASONS: Record<Schemas['SuggestionReason'], MessageDescriptor> = {
  number_moved: msg`המספר הזה היה של אחד מהם, ועכשיו הוא של השני.`,
  named_together: msg`הודעה אחת הזכירה את שניהם.`,
}

function Suggestion({ suggestion }: { suggestion: Schemas['MergeSuggestion'] }) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const { id, contact, other_contact: other, address, reason } = suggestion
  const params = { path: { id } }
  const confirm = useAction({
    run: () => unwrap(client.POST('/api/merge-suggestions/{id}/confirm', { params })),
    done: () => t`הלקוחות אוחדו`,
    undo: (_, { merge_id }) => unwrap(client.POST('/api/merges/{id}/undo', { params: { path: { id: merge_id } } })),
    onDone: refresh,
  })
  const dismiss = useAction({
    run: () => unwrap(client.POST('/api/merge-suggestions/{id}/dismiss', { params })),
    done: () => t`נרשם: שני אנשים`,
    undo: () => unwrap(client.POST('/api/merge-suggestions/{id}/reopen', { params })).then(refresh),
    onDone: refresh,
  })
  const isBusy = confirm.isPending || dismiss.isPending
  return (
    <li className="problem same">
      <Icon icon={IconUsersGroup} />
      <div className="grow">
        <p className="strong">
          <Link href={`/app/contacts/${contact.id}`}>
            <Name name={contact.display_name} number={contact.number ?? null} />
          </Link>
          <Dot />
          <Link href={`/app/contacts/${other.id}`}>
            <Name name={other.display_name} number={other.number ?? null} />
          </Link>
        </p>
        <p className="small">
          <Phone number={address} />
          <Dot />
          {i18n._(REASONS[reason])}
        </p>
        <p className="small">
          <Trans>
            באיחוד נשאר הכרטיס של <Name name={contact.display_name} number={contact.number ?? null} />, והכול עובר אליו.
          </Trans>
        </p>
      </div>
      <div className="row wrap">
        <Link className="btn" href={`/app/contacts/merge?keep=${contact.id}&other=${other.id}&suggestion=${id}`}>
          <Trans>להשוות</Trans>
        </Link>
        <button className="btn pen" type="button" disabled={isBusy} onClick={() => confirm.mutate()}>
          <Trans>כן, לאחד</Trans>
        </button>
        <button className="btn" type="button" disabled={isBusy} onClick={() => dismiss.mutate()}>
          <Trans>לא, שני אנשים</Trans>
        </button>
      </div>
    </li>
  )
}
