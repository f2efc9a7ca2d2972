import { Plural, Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Phone } from '#shared/components/text'
import type { ContactDetail, Relation } from './api'

/** The maximum number of entries to count. */
const MAX_ENTRIES = 200

export const NoValue = () => <span className="faint">—</span>

export function NumberList({ contact: { addresses } }: { contact: ContactDetail }) {
  const phones = addresses.filter(({ kind }) => kind === 'phone' || kind === 'twilio_wa')
  if (phones.length === 0) return <Trans>לא ידוע</Trans>
  return [...new Set(phones.map(({ value }) => value))].map(value => (
    <p key={value}>
      <Phone number={value} />
    </p>
  ))
}

export function TagList({ contact: { tags } }: { contact: ContactDetail }) {
  if (tags.length === 0) return <NoValue />
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

export function RelationText({ relation }: { relation: Relation }) {
  if (relation === 'vip') return <Trans>VIP</Trans>
  if (relation === 'staff') return <Trans>איש צוות</Trans>
  return <Trans>לקוח רגיל</Trans>
}

/** What a user would miss after a merge with the wrong contact. */
export function Work({ contact: { id } }: { contact: ContactDetail }) {
  const query = { limit: MAX_ENTRIES, kinds: 'note,task,appointment' }
  const { data } = useQuery(apiQuery('/api/contacts/{id}/timeline', { path: { id }, query }))
  if (!data) return <span className="faint">…</span>
  if (data.next_cursor != null) return <Trans>יותר מ־{MAX_ENTRIES}</Trans>
  const count = (wanted: string) => data.items.filter(({ kind }) => kind === wanted).length
  const [appointments, notes, tasks] = [count('appointment'), count('note'), count('task')]
  if (appointments + notes + tasks === 0) return <Trans>אין</Trans>
  return (
    <>
      {appointments > 0 && (
        <p>
          <Plural value={appointments} one="תור אחד" two="שני תורים" other="# תורים" />
        </p>
      )}
      {notes > 0 && (
        <p>
          <Plural value={notes} one="הערה אחת" two="שתי הערות" other="# הערות" />
        </p>
      )}
      {tasks > 0 && (
        <p>
          <Plural value={tasks} one="משימה אחת" two="שתי משימות" other="# משימות" />
        </p>
      )}
    </>
  )
}
