import { useLingui } from '@lingui/react/macro'
import { Modal } from '@mantine/core'
import { BackCloses } from '#shared/components/BackCloses'
import type { Day } from '#shared/format/dates'
import { useReturnFocus } from '#shared/opener'
import { ChooseDay } from './ChooseDay'

interface Props {
  day: Day
  today: Day
  go: (day: Day) => void
  onClose: () => void
}

export function JumpToDate({ day, today, go, onClose }: Props) {
  const { t } = useLingui()
  useReturnFocus()
  return (
    <Modal opened onClose={onClose} title={t`מעבר לתאריך`} size="auto">
      <BackCloses close={onClose} />
      <ChooseDay day={day} today={today} go={go} />
    </Modal>
  )
}
