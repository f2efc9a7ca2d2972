import {
  IconArrowsJoin,
  IconBrandWhatsapp,
  IconCalendarCheck,
  IconCalendarEvent,
  IconCalendarRepeat,
  IconCalendarX,
  IconCheckbox,
  IconMicrophone,
  IconNote,
} from '@tabler/icons-react'
import { isAhead, isUnseen } from '#shared/appointment'
import { outcomeOf } from '#shared/call-outcome'
import { ContactChangeWords } from '#shared/components/ContactChangeWords'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { Time } from '#shared/components/text'
import { CHANGE_ICONS } from '#shared/contact-change'
import type { ContactDetail, TimelineItem } from './api'
import { AppointmentEntry, MergeEntry, MoveEntry, TaskEntry } from './BookedEntry'
import { CallEntry } from './CallEntry'
import { MessageEntry } from './MessageEntry'
import { NoteEntry } from './NoteEntry'
import type { Entry, NoteEdits } from './timeline'

interface Props {
  entry: Entry
  contact: ContactDetail
  edits: NoteEdits
}

export function TimelineEntry({ entry: { item, count }, contact, edits }: Props) {
  return (
    <li className={classOf(item)}>
      <Time at={item.at} />
      <div className="it">
        <div className="tl">
          <span className="ic">
            <Icon icon={iconOf(item)} size="s" />
          </span>
          <div className="grow">
            <Content item={item} count={count} contact={contact} edits={edits} />
          </div>
        </div>
      </div>
    </li>
  )
}

function Content({ item, count, contact, edits }: Omit<Props, 'entry'> & Entry) {
  if (item.call) return <CallEntry call={item.call} />
  if (item.message) return <MessageEntry message={item.message} count={count} contactId={contact.id} />
  if (item.note) return <NoteEntry note={item.note} item={item} edits={edits} />
  if (item.task) return <TaskEntry task={item.task} isDone={item.kind === 'task_done'} />
  if (item.appointment && item.moved && item.kind === 'appointment_moved') {
    return <MoveEntry appointment={item.appointment} moved={item.moved} />
  }
  if (item.appointment) {
    return (
      <AppointmentEntry
        appointment={item.appointment}
        isCancelled={item.kind === 'appointment_cancelled'}
        bookedFor={item.moved?.from}
      />
    )
  }
  if (item.change) return <ContactChangeWords change={item.change} />
  if (item.merge) return <MergeEntry merge={item.merge} />
  return null
}

function iconOf({ kind, message, call, appointment, change }: TimelineItem): IconGlyph {
  if (call) return outcomeOf(call).icon
  if (message)
    return message.media_kind === 'voice' || message.media_kind === 'audio' ? IconMicrophone : IconBrandWhatsapp
  if (kind === 'note') return IconNote
  if (kind === 'task' || kind === 'task_done') return IconCheckbox
  if (kind === 'merge') return IconArrowsJoin
  if (kind === 'contact_change' && change) return CHANGE_ICONS[change.kind]
  if (kind === 'appointment_moved') return IconCalendarRepeat
  if (kind === 'appointment_cancelled' || appointment?.state === 'no_show') return IconCalendarX
  return appointment?.state === 'done' ? IconCalendarCheck : IconCalendarEvent
}

function classOf({ kind, message, task, appointment }: TimelineItem): string {
  if (kind === 'appointment_cancelled' || kind === 'appointment_moved') return ''
  // An appointment that the agent has booked belongs to the agent until a user has seen it.
  if (appointment && isAhead(appointment) && !isUnseen(appointment)) return 'fut'
  const isAgent = message?.author === 'agent' || task?.source === 'agent' || appointment?.source === 'agent'
  return isAgent ? 'ai' : ''
}
