import '@mantine/dates/styles.layer.css'
import 'dayjs/locale/he'
import { Trans, useLingui } from '@lingui/react/macro'
import { Modal, Select } from '@mantine/core'
import { DatePicker, DatesProvider } from '@mantine/dates'
import { useState } from 'react'
import { BackCloses } from '#shared/components/BackCloses'
import { serverNow } from '#shared/format/clock'
import { addDays, clockText, wallTime } from '#shared/format/dates'
import { useLocale } from '#shared/i18n/locale'
import { useFormat } from '#shared/session'
import { instantIn } from '../model/zone'

const TIMES = Array.from({ length: 96 }, (_, at) => {
  const [hour, minute] = [Math.floor(at / 4), (at % 4) * 15]
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
})

interface Props {
  /** The time that is chosen at first; 9:00 tomorrow by default. */
  from?: string
  onClose: () => void
  onChoose: (at: Date) => void
}

/** The day and the time are in the business's time zone. */
export function ChooseTime({ from, onClose, onChoose }: Props) {
  const { t } = useLingui()
  const locale = useLocale()
  const format = useFormat()
  const today = format.day(serverNow())
  const first = from ? wallTime(from, format.zone) : { day: addDays(today, 1), minute: 9 * 60 }
  const [date, setDate] = useState<string | null>(first.day)
  const [time, setTime] = useState(clockText(first.minute))
  const at = date ? instantIn(format.zone, date, time) : null
  const isPast = at !== null && at <= serverNow()
  return (
    <Modal opened onClose={onClose} title={t`מתי לשלוח`} size="auto">
      <BackCloses close={onClose} />
      <DatesProvider settings={{ locale, firstDayOfWeek: 0, weekendDays: [5, 6] }}>
        <DatePicker
          value={date}
          onChange={setDate}
          minDate={today}
          ariaLabels={{ previousMonth: t`החודש הקודם`, nextMonth: t`החודש הבא` }}
        />
      </DatesProvider>
      <Select
        label={t`שעה`}
        data={TIMES.includes(time) ? TIMES : [time, ...TIMES].sort()}
        value={time}
        onChange={value => value && setTime(value)}
        allowDeselect={false}
        searchable
        classNames={{ input: 'ltr' }}
      />
      {isPast && (
        <p className="err">
          <Trans>השעה הזאת כבר עברה</Trans>
        </p>
      )}
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
    </Modal>
  )
}
