import { Trans } from '@lingui/react/macro'
import { IconEar, IconHeadset, IconTool } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Dot, Name, Plain } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Turn } from './api'
import { factsOf, type ToolFacts } from './tool-use'

export function ToolLine({ turn }: { turn: Turn }) {
  if (turn.speaker === 'employee') {
    return (
      <p className="tool">
        <Icon icon={IconHeadset} size="s" />
        <span>
          <Trans>
            <Name name={turn.text} /> על הקו עם הלקוח
          </Trans>
          <span className="small faint">
            <Dot />
            <Trans>המילים לא מתומללות</Trans>
          </span>
        </span>
      </p>
    )
  }
  if (turn.speaker === 'system') {
    return (
      <p className="tool">
        <Icon icon={IconEar} size="s" />
        <span>
          <Trans>לחישה לסוכן</Trans>: <Plain text={turn.text} />
        </span>
      </p>
    )
  }
  return (
    <p className="tool">
      <Icon icon={IconTool} size="s" />
      {turn.tool ? <Use facts={factsOf(turn.tool)} /> : <Plain text={turn.text} />}
    </p>
  )
}

function Use({ facts }: { facts: ToolFacts }) {
  const format = useFormat()
  const { name, state, service, words, day, time, keys } = facts
  const about = service ?? words
  return (
    <span>
      <Action name={name} />
      {about && (
        <>
          : <Plain text={about} />
        </>
      )}
      {keys && (
        <>
          : <span className="num">{keys}</span>
        </>
      )}
      {day && (
        <>
          {', '}
          {format.longDate(day)} <span className="num">{time}</span>
        </>
      )}
      {state === 'running' && ' …'}
      {state === 'failed' && (
        <>
          <Dot />
          <b>
            <Trans>לא הצליח</Trans>
          </b>
        </>
      )}
    </span>
  )
}

function Action({ name }: { name: string }) {
  switch (name) {
    case 'find_free_times':
      return <Trans>חיפוש תורים פנויים</Trans>
    case 'book_appointment':
      return <Trans>קביעת תור</Trans>
    case 'find_appointments':
      return <Trans>חיפוש התורים של הלקוח</Trans>
    case 'move_appointment':
      return <Trans>הזזת תור</Trans>
    case 'cancel_appointment':
      return <Trans>ביטול תור</Trans>
    case 'join_waiting_list':
      return <Trans>הוספה לרשימת ההמתנה</Trans>
    case 'search_facts':
      return <Trans>חיפוש במידע על העסק</Trans>
    case 'take_message':
      return <Trans>רישום הודעה</Trans>
    case 'save_contact_details':
      return <Trans>רישום פרטי קשר</Trans>
    case 'record_opt_out':
      return <Trans>רישום בקשה לא לפנות ללקוח</Trans>
    case 'send_whatsapp':
      return <Trans>שליחת הודעת WhatsApp</Trans>
    case 'transfer_to_person':
      return <Trans>העברה לאיש צוות</Trans>
    case 'collect_keys':
      return <Trans>מספר שהלקוח מקיש</Trans>
    default:
      return <Plain text={name} />
  }
}
