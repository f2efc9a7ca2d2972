import { useLingui } from '@lingui/react/macro'
import { BackCloses } from '#shared/components/BackCloses'
import { Dialog } from '#shared/components/Dialog'
import type { Day } from '#shared/format/dates'
import { ChooseDay } from './ChooseDay'

interface Props {
  day: Day
  today: Day
  go: (day: Day) => void
  onClose: () => void
}

export function JumpToDate({ day, today, go, onClose }: Props) {
  const { t } = useLingui()
  return (
    <Dialog onClose={onClose} title={t`מעבר לתאריך`} size="auto">
      <BackCloses close={onClose} />
      <ChooseDay day={day} today={today} go={go} />
    </Dialog>
  )
}
