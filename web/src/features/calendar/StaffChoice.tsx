import { Trans, useLingui } from '@lingui/react/macro'
import type { Resource } from './data'
import { ResourceName } from './ResourceName'

interface Props {
  resources: readonly Resource[]
  service: number | null
  value: number | null
  choose: (resource: number | null) => void
}

/** Renders nothing if fewer than two resources provide the service. */
export function StaffChoice({ resources, service, value, choose }: Props) {
  const { t } = useLingui()
  const able = resources.filter(({ service_ids }) => service === null || service_ids.includes(service))
  if (able.length < 2) return null
  return (
    <fieldset className="seg wrap" aria-label={t`אצל מי`}>
      <button type="button" role="radio" aria-checked={value === null} onClick={() => choose(null)}>
        <Trans>מי שפנוי</Trans>
      </button>
      {able.map(resource => (
        <button
          key={resource.id}
          type="button"
          role="radio"
          aria-checked={value === resource.id}
          onClick={() => choose(resource.id)}
        >
          <ResourceName resource={resource} />
        </button>
      ))}
    </fieldset>
  )
}
