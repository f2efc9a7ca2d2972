import { Trans, useLingui } from '@lingui/react/macro'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { type Merged, refresh } from './api'

/** Data from after the merge stays with the contact that was kept. */
export function UndoMerge({ merge }: { merge: Merged }) {
  const { t } = useLingui()
  const [, go] = useLocation()
  const undo = useAction({
    run: () => unwrap(client.POST('/api/merges/{id}/undo', { params: { path: { id: merge.merge_id } } })),
    done: () => t`האיחוד בוטל, ושוב יש שני לקוחות`,
    onDone: () => {
      refresh('/api/contacts', '/api/threads', '/api/inbox', '/api/calls', '/api/merge-suggestions')
      go(`/app/contacts?q=${encodeURIComponent(merge.contact_name)}`)
    },
  })
  return (
    <button className="btn link" type="button" disabled={undo.isPending} onClick={() => undo.mutate()}>
      <Trans>ביטול האיחוד</Trans>
    </button>
  )
}
