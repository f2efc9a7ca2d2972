import type { ChosenTime } from './chosen-time'
import { ExactTime } from './ExactTime'
import { SlotPicker } from './SlotPicker'

interface Props {
  time: ChosenTime
  service: number
  /** The chosen resource; null for any resource that provides the service. */
  resource: number | null
  /** The id of the appointment that is being moved: its own time counts as free. */
  moving?: number
  /** The time that was pressed in the calendar, if any. */
  pressed?: string | null
  /** Called when a time was chosen. */
  onChosen: () => void
}

/** The free times of a week, and below them any other time. */
export function TimeChoice({ time, service, resource, moving, pressed = null, onChosen }: Props) {
  return (
    <>
      <SlotPicker
        service={service}
        resource={resource}
        first={time.first}
        show={time.show}
        value={time.slot}
        {...(moving !== undefined && { moving })}
        choose={slot => {
          time.chooseSlot(slot)
          onChosen()
        }}
      />
      <ExactTime
        day={time.day}
        initial={pressed}
        value={time.exact}
        choose={startsAt => {
          time.chooseExact(startsAt)
          onChosen()
        }}
      />
    </>
  )
}
