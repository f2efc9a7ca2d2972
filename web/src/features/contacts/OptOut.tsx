import { Trans, useLingui } from '@lingui/react/macro'
import { patch, useAction } from '#shared/api/action'
import { OptOutReason } from '#shared/components/OptOutReason'
import { SwitchRow } from '#shared/components/SwitchRow'
import { type ContactDetail, refresh, request } from './api'

export function OptOut({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const send = (opted_out: boolean) =>
    request('PUT', '/api/contacts/{id}/opt-out', { params: { path: { id: contact.id } }, body: { opted_out } })
  const set = useAction({
    run: send,
    patches: opted_out => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({ ...data, opted_out })),
    ],
    done: opted_out => (opted_out ? t`לא נשלחות יותר הודעות` : t`אפשר שוב לשלוח הודעות`),
    undo: async opted_out => {
      await send(!opted_out)
      refresh('/api/contacts')
    },
    onDone: () => refresh('/api/contacts'),
  })
  return (
    <section>
      <h2>
        <Trans>הודעות</Trans>
      </h2>
      <SwitchRow
        isOn={contact.opted_out}
        turn={isOn => set.mutate(isOn)}
        title={<Trans>לא לשלוח הודעות</Trans>}
        help={
          contact.opted_out ? (
            <>
              {contact.opt_out && <OptOutReason reason={contact.opt_out} />} <Trans>שיחות נענות כרגיל.</Trans>
            </>
          ) : (
            <Trans>מי שכותב ״הסר״ או STOP נרשם כאן לבד.</Trans>
          )
        }
      />
    </section>
  )
}
