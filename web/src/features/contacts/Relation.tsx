import { Trans, useLingui } from '@lingui/react/macro'
import { patch, useAction } from '#shared/api/action'
import { sendPart } from '#shared/api/edit'
import { type ContactDetail, type Relation as Kind, refresh, request } from './api'

/** A contact without an address cannot be recognised, so it is an ordinary customer. */
export function Relation({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const send = (relation: Kind, headers: Record<string, string> = {}) =>
    request<ContactDetail>('PUT', '/api/contacts/{id}/relation', {
      params: { path: { id: contact.id } },
      body: { relation },
      headers,
    })
  const refreshAll = () => refresh('/api/contacts', '/api/inbox')
  const set = useAction({
    run: ({ to }: { from: Kind; to: Kind }) => send(to),
    patches: ({ to }) => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({ ...data, relation: to })),
    ],
    done: ({ to }) => (to === 'vip' ? t`סומן כ־VIP` : to === 'staff' ? t`סומן כאיש צוות` : t`חזר להיות לקוח רגיל`),
    undo: async ({ from, to }, _, headers) => {
      await sendPart(
        headers => send(from, headers),
        headers,
        (now: ContactDetail) => now.relation === to,
      )
      refreshAll()
    },
    onDone: refreshAll,
  })
  if (contact.addresses.length === 0) return null
  return (
    <section>
      <h2>
        <Trans>סוג הקשר</Trans>
      </h2>
      <select
        className="field"
        aria-label={t`סוג הקשר`}
        value={contact.relation}
        onChange={event => set.mutate({ from: contact.relation, to: event.currentTarget.value as Kind })}
      >
        <option value="customer">{t`לקוח רגיל`}</option>
        <option value="vip">{t`VIP`}</option>
        <option value="staff">{t`איש צוות`}</option>
      </select>
      <p className="small muted">
        {contact.relation === 'vip' ? (
          <Trans>שיחות שלו מצלצלות קודם בטלפון שלכם, בכל שעה, אם מוגדר מספר להעברה.</Trans>
        ) : contact.relation === 'staff' ? (
          <Trans>הסוכן יודע שהוא מדבר עם מישהו מהעסק. לא נרשמים לידים ולא נשלחות הודעות ללקוח.</Trans>
        ) : (
          <Trans>הסוכן עונה לו כמו לכל לקוח.</Trans>
        )}
      </p>
    </section>
  )
}
