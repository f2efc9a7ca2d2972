import { Trans, useLingui } from '@lingui/react/macro'
import { Autocomplete, type ComboboxItem } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { BackCloses } from '#shared/components/BackCloses'
import { DayPicker } from '#shared/components/DayPicker'
import { Dialog } from '#shared/components/Dialog'
import { serverNow } from '#shared/format/clock'
import { addDays, clockText, instantNear, minuteOf, wallTime } from '#shared/format/dates'
import { useFormat } from '#shared/session'

const TIMES = Array.from({ length: 96 }, (_, at) => clockText(at * 15))

interface Props {
  /** The time that is chosen at first; 9:00 tomorrow by default. */
  from?: string
  /** What the user should know about a time. */
  warning?: (at: Date) => ReactNode
  onClose: () => void
  onChoose: (at: Date) => void
}

/** The day and the time are in the business's time zone. */
export function ChooseTime({ from, warning, onClose, onChoose }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const today = format.day(serverNow())
  const first = from ? wallTime(from, format.zone) : { day: addDays(today, 1), minute: 9 * 60 }
  const [date, setDate] = useState(first.day)
  const [time, setTime] = useState(clockText(first.minute))
  const [isTyping, setTyping] = useState(false)
  const minute = minuteOf(time)
  const at = minute === undefined ? null : instantNear(date, minute, format.zone)
  const isPast = at !== null && at <= serverNow()
  const error = at === null ? t`שעה נכתבת כך: 9:30` : isPast ? t`השעה הזאת כבר עברה` : undefined
  return (
    <Dialog onClose={onClose} title={t`מתי לשלוח`} size="auto">
      <BackCloses close={onClose} />
      <DayPicker day={date} choose={setDate} min={today} />
      <Autocomplete
        label={t`שעה`}
        data={TIMES}
        // The whole list is offered until a time is typed. After a complete time it is empty, and so it is closed: it
        // covers the button.
        filter={({ options, search }) =>
          isTyping
            ? (options as ComboboxItem[]).filter(({ label }) => label.startsWith(search) && label !== search)
            : options
        }
        value={time}
        onChange={value => {
          setTime(value)
          setTyping(true)
        }}
        onClick={() => setTyping(false)}
        onDropdownClose={() => setTyping(false)}
        error={error}
        classNames={{ input: 'ltr' }}
      />
      {at && !isPast && warning?.(at) && <p className="small choose-warning">{warning(at)}</p>}
      <p className="row choose-acts">
        <button
          className="btn pen"
          type="button"
          disabled={at === null || isPast}
          onClick={() => at !== null && onChoose(at)}
        >
          <Trans>לתזמן</Trans>
        </button>
        {at && !isPast && (
          <span className="small muted">
            {format.longDate(at)}, {format.time(at)}
          </span>
        )}
      </p>
    </Dialog>
  )
}
