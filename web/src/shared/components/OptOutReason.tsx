import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { Time } from './text'

/** Says why a contact gets no messages, and how this ends. */
export function OptOutReason({ reason }: { reason: Schemas['OptOut'] }) {
  const when = <Time at={reason.at} style="full" />
  switch (reason.source) {
    case 'contact':
      return (
        <Trans>
          הלקוח כתב ״<bdi>{reason.word}</bdi>״ ({when}) ולא נשלחות לו הודעות, עד שיכתוב ״התחל״ או שתבטלו זאת בכרטיס שלו.
        </Trans>
      )
    case 'call':
      return <Trans>הלקוח ביקש בשיחה עם הסוכן שלא יתקשרו ולא יכתבו לו ({when}). אפשר לבטל זאת בכרטיס שלו.</Trans>
    case 'provider':
      return <Trans>הלקוח חסם את העסק או ביקש לא לקבל הודעות ({when}). אפשר לכתוב לו שוב אחרי שיכתוב.</Trans>
    default:
      return reason.by_name ? (
        <Trans>
          <bdi>{reason.by_name}</bdi> קבע שלא נשלחות הודעות ({when}).
        </Trans>
      ) : (
        <Trans>נקבע שלא נשלחות הודעות ({when}).</Trans>
      )
  }
}
