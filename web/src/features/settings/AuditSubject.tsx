import { useLingui as useTexts } from '@lingui/react'
import { Plural, Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { MODES } from '#shared/answering/modes'
import type { Schemas } from '#shared/api/client'
import { Link } from '#shared/components/Link'
import { Dot, Ltr, Name } from '#shared/components/text'
import { useFormat } from '#shared/session'
import { ALERTS, RETAINED, STEPS, subjectForm } from './audit-words'
import { useSettings } from './use-settings'

type Entry = Schemas['AuditEntry']

/** Renders nothing if the subject has no name to show. */
export function AuditSubject({ entry }: { entry: Entry }) {
  const shown = useSubject(entry)
  if (shown === null) return null
  return (
    <span className="small muted">
      <Dot />
      {shown}
    </span>
  )
}

function useSubject({ actor, action, subject, subject_name, contact_id }: Entry): ReactNode {
  const { i18n } = useTexts()
  const settings = useSettings()
  const [noun = '', id = ''] = subject.split(/:(.*)/s)
  if (subject === '' || subject === actor) return null
  if (action === 'tag_contacts') return <TaggedContacts subject={subject} name={subject_name} />
  if (action === 'retention') return <Deleted subject={subject} />
  if (action === 'choose_database') {
    return subject === 'found' ? <Trans>הקובץ שנמצא</Trans> : <Trans>הנתונים הנוכחיים</Trans>
  }
  const person = subject_name ? <Name name={subject_name} /> : null
  switch (subjectForm(noun)) {
    case 'contact':
      return person && contact_id != null ? <Link href={`/app/contacts/${contact_id}`}>{person}</Link> : null
    case 'call':
      return person && <Link href={`/app/calls/${id}`}>{person}</Link>
    case 'name':
      return subject_name ? <bdi>{subject_name}</bdi> : null
    case 'setting': {
      const title = settings.data?.items.find(({ key }) => key === id)?.title
      return title ? <bdi>{title}</bdi> : <Ltr>{id}</Ltr>
    }
    case 'step': {
      const known = STEPS[id as Schemas['SetupStep']]
      return known ? i18n._(known) : null
    }
    case 'alert': {
      const known = ALERTS[id as Schemas['AlertKind']]
      return known ? i18n._(known) : null
    }
    case 'answering': {
      const known = MODES[id as Schemas['AnswerMode']]
      return known ? i18n._(known) : null
    }
    case 'file':
      return <Ltr>{id}</Ltr>
    case 'nothing':
      return null
    default:
      return <Ltr>{subject}</Ltr>
  }
}

/** Translates a subject such as «tag:5, added to contacts: 12». `name` is null if the tag no longer exists. */
function TaggedContacts({ subject, name }: { subject: string; name: string | null | undefined }) {
  const [, change, contacts = ''] = /, (added to|removed from) contacts: (\d+)$/.exec(subject) ?? []
  const count = Number(contacts)
  return (
    <>
      {name && <bdi>{name}</bdi>}
      {name && change && <Dot />}
      {change === 'added to' && (
        <Plural value={count} one="נוספה ללקוח אחד" two="נוספה לשני לקוחות" other="נוספה ל־# לקוחות" />
      )}
      {change === 'removed from' && (
        <Plural value={count} one="הוסרה מלקוח אחד" two="הוסרה משני לקוחות" other="הוסרה מ־# לקוחות" />
      )}
    </>
  )
}

/** Translates a subject such as «12 recordings, 3456 bytes, from before 2026-11-01T00:00:00.000Z». */
function Deleted({ subject }: { subject: string }) {
  const { i18n } = useTexts()
  const format = useFormat()
  const [, rows, what = '', bytes, before] = /^(\d+) (\w+), (\d+) bytes, from before (\S+)$/.exec(subject) ?? []
  const kind = RETAINED[what]
  if (!kind || !before) return <Ltr>{subject}</Ltr>
  const count = `${format.number(Number(rows))} ${i18n._(kind)}`
  const size = format.bytes(Number(bytes))
  const day = format.date(before)
  return (
    <Trans>
      {count}, {size}, מלפני {day}
    </Trans>
  )
}
