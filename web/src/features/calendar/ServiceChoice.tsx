import { Trans } from '@lingui/react/macro'
import { Price } from '#shared/components/Price'
import { Dot } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Service } from './data'

interface Props {
  services: readonly Service[]
  value: number | null
  /** The service of the edited item. If it was removed, it is shown above the list, so that it can be kept. */
  present?: { id: number; name: string }
  choose: (id: number) => void
}

export function ServiceChoice({ services, value, present, choose }: Props) {
  const format = useFormat()
  const removed = present && services.every(({ id }) => id !== present.id) ? present : undefined
  return (
    <fieldset className="service-list">
      <legend className="lb">
        <Trans>שירות</Trans>
      </legend>
      {removed && (
        <button
          type="button"
          className="service"
          aria-pressed={value === removed.id}
          onClick={() => choose(removed.id)}
        >
          <span className="grow">
            <bdi>{removed.name}</bdi>
          </span>
          <span className="muted small">
            <Trans>הוסר מהרשימה</Trans>
          </span>
        </button>
      )}
      {services.map(service => (
        <button
          key={service.id}
          type="button"
          className="service"
          aria-pressed={value === service.id}
          onClick={() => choose(service.id)}
        >
          <span className="grow">
            <bdi>{service.name}</bdi>
          </span>
          <span className="muted small">
            {format.length(service.duration_min)}
            {service.price_minor != null && (
              <>
                <Dot />
                <Price minor={service.price_minor} />
              </>
            )}
          </span>
        </button>
      ))}
    </fieldset>
  )
}
