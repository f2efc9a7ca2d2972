import { Plural, Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Plain } from '#shared/components/text'
import type { ContactDetail } from './api'

/** The maximum number of timeline items to count. */
const MAX_ENTRIES = 200

export function Contacted({ contact: { id } }: { contact: ContactDetail }) {
  const { data } = useQuery(apiQuery('/api/contacts/{id}/timeline', { path: { id }, query: { limit: MAX_ENTRIES } }))
  if (!data) return <span className="faint">…</span>
  const messages = data.items.flatMap(({ message }) => message ?? [])
  const calls = data.items.filter(({ call }) => call).length
  if (messages.length === 0 && calls === 0) return <Trans>אין</Trans>
  const last = messages.reduce<(typeof messages)[number] | undefined>(
    (newest, message) =>
      message.content_text && (!newest || message.created_at > newest.created_at) ? message : newest,
    undefined,
  )
  return (
    <>
      <p>
        {data.next_cursor != null ? (
          <Trans>יותר מ־{MAX_ENTRIES}</Trans>
        ) : (
          <>
            <Plural value={messages.length} _0="אין הודעות" one="הודעה אחת" two="שתי הודעות" other="# הודעות" />
            {', '}
            <Plural value={calls} _0="אין שיחות" one="שיחה אחת" two="שתי שיחות" other="# שיחות" />
          </>
        )}
      </p>
      {last && (
        <p className="small muted last-words">
          <Plain text={last.content_text} />
        </p>
      )}
    </>
  )
}
