import { Trans, useLingui } from '@lingui/react/macro'
import { isUnseen } from '#shared/appointment'
import { Name } from '#shared/components/text'
import { useNow } from '#shared/format/clock'
import { formatPhone } from '#shared/format/phone'
import { useCountry, useFormat } from '#shared/session'
import type { Slot } from './layout'

interface Props {
  slot: Slot
  top: number
  height: number
  isSelected: boolean
  open: () => void
}

/** The border is dashed if the agent booked the appointment and no user has opened it yet. */
export function AppointmentSlot({
  slot: { appointment, isContinued, place, places },
  top,
  height,
  isSelected,
  open,
}: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const country = useCountry()
  const now = useNow()
  const { starts_at, ends_at } = appointment
  const { contact_name, contact_number = null } = appointment
  const name = contact_name || formatPhone(contact_number ?? '', country) || t`בלי שם`
  const isPast = new Date(ends_at) < now
  const isCurrent = !isPast && new Date(starts_at) <= now
  const unseen = isUnseen(appointment)
  const kind = [
    'ev',
    unseen && 'ai',
    isPast && 'past',
    isCurrent && 'now',
    isSelected && 'sel',
    appointment.state === 'no_show' && 'gone',
    height < 44 && 'tiny',
  ]
  const when = `${format.longDate(starts_at)} ${format.range(starts_at, ends_at)}`
  // The accessible name must begin with the visible text (WCAG 2.5.3, label in name).
  const shown = [isContinued && t`מאתמול`, appointment.service_name].filter(Boolean).join(' ')
  const said = [`${name} ${shown}`, when, appointment.resource_name, unseen && t`קבע הסוכן, לא ראית`]
  return (
    <button
      type="button"
      className={kind.filter(Boolean).join(' ')}
      style={{
        insetBlockStart: top + 1,
        blockSize: height - 2,
        ...(places > 1 && {
          insetInlineStart: `${(100 * place) / places}%`,
          insetInlineEnd: `${(100 * (places - 1 - place)) / places}%`,
        }),
      }}
      aria-label={said.filter(Boolean).join(', ')}
      aria-current={isSelected || undefined}
      onClick={event => {
        event.stopPropagation()
        open()
      }}
    >
      <b>{contact_name || contact_number ? <Name name={contact_name} number={contact_number} /> : <bdi>{name}</bdi>}</b>{' '}
      {isContinued && (
        <>
          <span>
            <Trans>מאתמול</Trans>
          </span>{' '}
        </>
      )}
      <span>
        <bdi>{appointment.service_name}</bdi>
      </span>
    </button>
  )
}
