import { Trans } from '@lingui/react/macro'
import { Price } from '#shared/components/Price'
import { Dot } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Service } from './data'

interface Props {
  services: readonly Service[]
  value: number | null
  choose: (service: Service) => void
}

export function ServiceChoice({ services, value, choose }: Props) {
  const format = useFormat()
  return (
    <fieldset className="service-list">
      <legend className="lb">
        <Trans>שירות</Trans>
      </legend>
      {services.map(service => (
        <button
          key={service.id}
          type="button"
          className="service"
          aria-pressed={value === service.id}
          onClick={() => choose(service)}
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
