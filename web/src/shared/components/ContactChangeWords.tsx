import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { Dot } from './text'

/** What was changed about a contact, and which user changed it. */
export function ContactChangeWords({ change }: { change: Schemas['ContactChange'] }) {
  return (
    <>
      <What {...change} />
      {change.actor_name && (
        <>
          <Dot />
          <bdi>{change.actor_name}</bdi>
        </>
      )}
    </>
  )
}

function What({ kind, actor, word }: Schemas['ContactChange']) {
  switch (kind) {
    case 'opted_out':
      if (actor === 'contact') {
        return word ? (
          <Trans>
            הלקוח ביקש לא לקבל הודעות: ״<bdi>{word}</bdi>״
          </Trans>
        ) : (
          <Trans>הלקוח ביקש לא לקבל הודעות</Trans>
        )
      }
      if (actor === 'agent') return <Trans>הלקוח ביקש בשיחה לא לקבל הודעות</Trans>
      if (actor === 'provider') return <Trans>הלקוח חסם את העסק, או ביקש שם לא לקבל הודעות</Trans>
      return <Trans>נקבע שלא נשלחות הודעות</Trans>
    case 'opted_in':
      return actor === 'contact' ? <Trans>הלקוח ביקש לקבל שוב הודעות</Trans> : <Trans>נקבע שנשלחות שוב הודעות</Trans>
    case 'blocked':
      return <Trans>הלקוח נחסם</Trans>
    case 'unblocked':
      return <Trans>חסימת הלקוח בוטלה</Trans>
  }
}
