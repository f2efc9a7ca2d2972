import { plural } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { Popover } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { fetchUses, type Uses } from './removal'

interface Props {
  of: Parameters<typeof fetchUses>[0]
  /** What happens to the appointments, and to the waiting contacts. */
  appointmentsStay: ReactNode
  waitingStay: ReactNode
  isBusy: boolean
  remove: () => void
}

/** Asks before the removal if there are upcoming appointments or waiting contacts, or if that is unknown. */
export function RemoveButton({ of, appointmentsStay, waitingStay, isBusy, remove }: Props) {
  const { t } = useLingui()
  const [isCounting, setCounting] = useState(false)
  const [uses, setUses] = useState<Uses | 'unknown' | null>(null)
  const [isOpen, setOpen] = useState(false)
  const ask = async () => {
    setCounting(true)
    const found = await fetchUses(of).catch(() => 'unknown' as const)
    setCounting(false)
    if (found !== 'unknown' && found.appointments + found.waiting === 0) return remove()
    setUses(found)
    setOpen(true)
  }
  const { appointments, waiting } = uses === null || uses === 'unknown' ? { appointments: 0, waiting: 0 } : uses
  return (
    <Popover opened={isOpen} onChange={setOpen} width={300} trapFocus position="bottom-end" withRoles>
      <Popover.Target>
        <button
          className="btn quiet stop"
          type="button"
          disabled={isBusy}
          aria-busy={isCounting}
          onClick={() => (isOpen ? setOpen(false) : !isCounting && void ask())}
        >
          <Trans>הסרה</Trans>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        {uses === 'unknown' && (
          <p>
            <Trans>לא הצלחנו לבדוק אם יש תורים עתידיים או ממתינים. אם יש, הם נשארים.</Trans>
          </p>
        )}
        {appointments > 0 && (
          <p>
            <b>
              {t`${plural(appointments, { one: 'יש תור עתידי אחד', two: 'יש שני תורים עתידיים', other: 'יש # תורים עתידיים' })}`}
              .
            </b>{' '}
            {appointmentsStay}
          </p>
        )}
        {waiting > 0 && (
          <p>
            <b>
              {t`${plural(waiting, { one: 'רישום אחד ברשימת ההמתנה', two: 'שני רישומים ברשימת ההמתנה', other: '# רישומים ברשימת ההמתנה' })}`}
              .
            </b>{' '}
            {waitingStay}
          </p>
        )}
        <div className="row" style={{ marginBlockStart: 12 }}>
          <button
            className="btn stop fill"
            type="button"
            onClick={() => {
              setOpen(false)
              remove()
            }}
          >
            <Trans>הסרה</Trans>
          </button>
          <button className="btn quiet" type="button" data-autofocus onClick={() => setOpen(false)}>
            <Trans>ביטול</Trans>
          </button>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
