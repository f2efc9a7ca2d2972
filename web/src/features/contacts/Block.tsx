import { Trans, useLingui } from '@lingui/react/macro'
import { patch, useAction } from '#shared/api/action'
import { SwitchRow } from '#shared/components/SwitchRow'
import { type ContactDetail, refresh, request } from './api'

/** A contact without an address cannot be recognised, so it cannot be blocked. */
export function Block({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const send = (blocked: boolean) =>
    request('PUT', '/api/contacts/{id}/block', { params: { path: { id: contact.id } }, body: { blocked } })
  const refreshAll = () => refresh('/api/contacts', '/api/inbox', '/api/threads')
  const set = useAction({
    run: send,
    patches: blocked => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({ ...data, blocked })),
    ],
    done: blocked => (blocked ? t`הלקוח נחסם` : t`החסימה הוסרה`),
    undo: async blocked => {
      await send(!blocked)
      refreshAll()
    },
    onDone: refreshAll,
  })
  if (contact.addresses.length === 0) return null
  return (
    <section>
      <h2>
        <Trans>חסימה</Trans>
      </h2>
      <SwitchRow
        isOn={contact.blocked}
        turn={isOn => set.mutate(isOn)}
        title={<Trans>לחסום את הלקוח</Trans>}
        help={<Trans>שיחות נדחות בצליל תפוס. הודעות נשמרות בארכיון, בלי התראה.</Trans>}
      />
    </section>
  )
}
