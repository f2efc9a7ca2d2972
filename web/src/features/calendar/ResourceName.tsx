import { Trans } from '@lingui/react/macro'
import type { Resource } from './data'

/** The default resource, which stands for the business itself, has no name until a user enters one. */
export function ResourceName({ resource }: { resource: Pick<Resource, 'name'> }) {
  return resource.name ? <bdi>{resource.name}</bdi> : <Trans>העסק</Trans>
}
