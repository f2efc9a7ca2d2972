import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import {
  IconBan,
  IconCalendarCheck,
  IconMessage2,
  IconMicrophoneOff,
  IconPhone,
  IconPhoneIncoming,
  IconPhoneOff,
  IconPhoneOutgoing,
  IconPhoneX,
  IconRobot,
  IconUserShare,
} from '@tabler/icons-react'
import type { Schemas } from './api/client'
import type { IconGlyph } from './components/Icon'

export type CallOutcome = Schemas['CallOutcome']

interface Shown {
  icon: IconGlyph
  text: MessageDescriptor
  /** `live` is red, `ok` green; the others have no colour. */
  tone: '' | 'live' | 'ok'
}

const OUTCOMES: Record<CallOutcome, Shown> = {
  live: { icon: IconPhone, text: msg`על הקו עכשיו`, tone: 'live' },
  answered: { icon: IconPhoneIncoming, text: msg`הסוכן ענה`, tone: '' },
  message: { icon: IconMessage2, text: msg`השאירו הודעה`, tone: '' },
  missed: { icon: IconPhoneX, text: msg`לא נענתה`, tone: 'live' },
  transferred: { icon: IconUserShare, text: msg`הועברה אליכם`, tone: '' },
  booked: { icon: IconCalendarCheck, text: msg`נקבע תור`, tone: 'ok' },
  blocked: { icon: IconBan, text: msg`נחסמה`, tone: '' },
  robot: { icon: IconRobot, text: msg`מכונה, נותקה`, tone: '' },
  silent: { icon: IconMicrophoneOff, text: msg`בלי מילה, נותקה`, tone: '' },
  failed: { icon: IconPhoneOff, text: msg`נקטעה`, tone: 'live' },
}

const OUTGOING: Shown = { icon: IconPhoneOutgoing, text: msg`שיחה יוצאת`, tone: '' }
const NOT_REACHED: Shown = { icon: IconPhoneOutgoing, text: msg`שיחה יוצאת בלי מענה`, tone: '' }

/** Returns true if the AI agent talked with the caller. The engine `voicemail` only takes a message. */
export const isAgent = (engine: string | null | undefined): boolean =>
  engine === 'realtime' || engine === 'pipeline' || engine === 'live'

export const isCallOutcome = (name: string): name is CallOutcome => Object.hasOwn(OUTCOMES, name)

export function outcomeOf(call: { outcome: string; direction: string }): Shown {
  if (call.direction === 'out' && call.outcome === 'answered') return OUTGOING
  if (call.direction === 'out' && call.outcome === 'missed') return NOT_REACHED
  return OUTCOMES[call.outcome as CallOutcome] ?? OUTCOMES.answered
}
