import { Trans } from '@lingui/react/macro'
import { IconTool } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Plain } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Turn } from './api'
import { factsOf, type ToolFacts } from './tool-use'

/** What the agent did in the call, in words. */
export function ToolLine({ turn }: { turn: Turn }) {
  return (
    <p className="tool">
      <Icon icon={IconTool} size="s" />
      {turn.tool ? <Use facts={factsOf(turn.tool)} /> : <Plain text={turn.text} />}
    </p>
  )
}

function Use({ facts }: { facts: ToolFacts }) {
  const { state } = facts
  return (
    <span>
      <What facts={facts} />
      {state === 'running' && ' …'}
      {state === 'failed' && (
        <>
          {' · '}
          <b>
            <Trans>לא הצליח</Trans>
          </b>
        </>
      )}
    </span>
  )
}

function What({ facts }: { facts: ToolFacts }) {
  switch (facts.name) {
    case 'find_free_times':
      return (
        <>
          <Trans>חיפוש תורים פנויים</Trans>
          <Subject facts={facts} />
        </>
      )
    case 'book_appointment':
      return (
        <>
          <Trans>קביעת תור</Trans>
          <Subject facts={facts} />
        </>
      )
    case 'find_appointments':
      return <Trans>חיפוש התורים של הלקוח</Trans>
    case 'move_appointment':
      return (
        <>
          <Trans>הזזת תור</Trans>
          <Subject facts={facts} />
        </>
      )
    case 'cancel_appointment':
      return (
        <>
          <Trans>ביטול תור</Trans>
          <Subject facts={facts} />
        </>
      )
    case 'join_waiting_list':
      return (
        <>
          <Trans>הוספה לרשימת ההמתנה</Trans>
          <Subject facts={{ ...facts, day: undefined }} />
        </>
      )
    case 'search_facts':
      return (
        <>
          <Trans>חיפוש במידע על העסק</Trans>
          {facts.words && (
            <>
              : <Plain text={facts.words} />
            </>
          )}
        </>
      )
    case 'take_message':
      return <Trans>רישום הודעה</Trans>
    default:
      return <Plain text={facts.name} />
  }
}

/** The service, and the day and time. */
function Subject({ facts }: { facts: ToolFacts }) {
  const format = useFormat()
  const { service, day, time } = facts
  return (
    <>
      {service && (
        <>
          : <Plain text={service} />
        </>
      )}
      {day && (
        <>
          {', '}
          {format.longDate(day)} <span className="num">{time}</span>
        </>
      )}
    </>
  )
}
