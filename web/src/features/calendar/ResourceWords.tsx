import { Trans } from '@lingui/react/macro'
import { Dot } from '#shared/components/text'
import type { Resource, Service } from './data'
import { ResourceName } from './ResourceName'

export function ResourceWords({ resource, services }: { resource: Resource; services: readonly Service[] }) {
  const named = services.filter(({ id }) => resource.service_ids.includes(id))
  return (
    <span>
      <b>
        <ResourceName resource={resource} />
      </b>
      <Dot />
      {resource.kind === 'room' ? <Trans>עמדה או חדר</Trans> : <Trans>עובד או עובדת</Trans>}
      {named.map(({ id, name }) => (
        <span key={id}>
          <Dot />
          <bdi>{name}</bdi>
        </span>
      ))}
      {resource.archived && (
        <>
          <Dot />
          <Trans>הוסר</Trans>
        </>
      )}
    </span>
  )
}
