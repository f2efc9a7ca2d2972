import { Trans, useLingui } from '@lingui/react/macro'
import { Dialog } from '#shared/components/Dialog'
import { Link } from '#shared/components/Link'
import { EmptyState, isMissing, Loaded, SkeletonRows } from '#shared/components/states'
import type { Day } from '#shared/format/dates'
import { AppointmentForm } from './AppointmentForm'
import { useServices, useWaitingEntry } from './data'
import { useLeave } from './Leave'
import type { Shown } from './url'

interface Props {
  shown: Shown
  /** Closes the form. With a day, the calendar then shows that day. */
  close: (day?: Day) => void
}

export function NewAppointment({ shown, close }: Props) {
  const { t } = useLingui()
  const services = useServices()
  const entry = useWaitingEntry(shown.waiter)
  // If the entry was removed meanwhile, the appointment can be booked without it.
  const isGone = isMissing(entry.error)
  const none = shown.waiter === null || isGone ? null : undefined
  const { leave, ...leaving } = useLeave(close)
  return (
    <Dialog onClose={leave} title={t`תור חדש`} size="lg" centered>
      <Loaded query={services} title={<Trans>רשימת השירותים לא נטענה</Trans>}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={<Trans>עוד אין שירותים</Trans>}
              action={
                <Link className="btn pen" href="/app/settings/services">
                  <Trans>להוסיף שירות</Trans>
                </Link>
              }
            >
              <Trans>תור נקבע לשירות: כמה זמן הוא לוקח וכמה הוא עולה. גם הסוכן מציע רק מה שכתוב ברשימה.</Trans>
            </EmptyState>
          ) : (
            <Loaded
              query={{ ...entry, data: entry.data ?? none }}
              skeleton={<SkeletonRows count={4} height={64} />}
              title={<Trans>הרישום לא נטען. הוא שמור</Trans>}
            >
              {waiter => (
                <AppointmentForm services={items} waiter={waiter} shown={shown} close={close} leaving={leaving} />
              )}
            </Loaded>
          )
        }
      </Loaded>
    </Dialog>
  )
}
