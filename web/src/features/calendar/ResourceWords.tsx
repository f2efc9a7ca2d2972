import { Trans } from '@lingui/react/macro'
import type { Resource, Service } from './data'
import { ResourceName } from './ResourceName'

export function ResourceWords({ resource, services }: { resource: Resource; services: readonly Service[] }) {
  const named = services.filter(({ id }) => resource.service_ids.includes(id))
  return (
    <span>
      <b>
        <ResourceName resource={resource} />
      </b>
      {' · '}
      {resource.kind === 'room' ? <Trans>עמדה או חדר</Trans> : <Trans>עובד או עובדת</Trans>}
      {named.map(({ id, name }) => (
        <span key={id}>
          {' · '}
          <bdi>{name}</bdi>
        </span>
      ))}
      {resource.archived && (
        <>
          {' · '}
          <Trans>הוסר</Trans>
        </>
      )}
    </span>
  )
}
