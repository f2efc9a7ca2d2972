import { Trans } from '@lingui/react/macro'
import { serverNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import type { WaitingEntry } from './data'
import { daysOf } from './waiting'

export function WaitingDays({ entry }: { entry: WaitingEntry }) {
  const format = useFormat()
  const days = daysOf(entry, format.day(serverNow()), format)
  if (days.kind === 'over') return <Trans>התאריכים עברו (עד {days.to})</Trans>
  if (days.kind === 'day') return <>{days.to}</>
  if (days.kind === 'until') return <Trans>עד {days.to}</Trans>
  return (
    <Trans>
      מ־{days.from} עד {days.to}
    </Trans>
  )
}
