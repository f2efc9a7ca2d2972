import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'

/** The actors besides users and tokens. */
export const ACTORS: readonly (readonly [string, MessageDescriptor])[] = [
  ['agent', msg`הסוכן`],
  ['contact', msg`הלקוח, ב־WhatsApp`],
  ['owner', msg`הבעלים, ב־WhatsApp`],
  ['phone', msg`מהטלפון של העסק`],
  ['daemon', msg`המכונה`],
  ['cli', msg`שורת הפקודה`],
]

export function AuditActor({ entry: { actor, actor_name } }: { entry: Schemas['AuditEntry'] }) {
  const { i18n } = useTexts()
  if (actor_name) return <bdi>{actor_name}</bdi>
  const [kind] = actor.split(':')
  if (kind === 'user') return <Trans>משתמש שהוסר</Trans>
  if (kind === 'token') return <Trans>אסימון שבוטל</Trans>
  const known = ACTORS.find(([id]) => id === kind)?.[1]
  return known ? i18n._(known) : <Trans>לא ידוע</Trans>
}
