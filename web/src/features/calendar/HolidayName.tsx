import { useLocale } from '#shared/i18n/locale'
import type { CalendarDay } from './data'

export function HolidayName({
  holiday,
  className,
}: {
  holiday: NonNullable<CalendarDay['holiday']>
  className?: string
}) {
  const locale = useLocale()
  return (
    <span className={className} title={holiday.name[locale]}>
      {holiday.name[locale]}
    </span>
  )
}
