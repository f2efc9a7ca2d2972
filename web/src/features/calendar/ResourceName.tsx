import { Trans } from '@lingui/react/macro'
import type { Resource } from './data'

/** The name of a member of staff or a room; the business itself has none until a user enters one. */
export function ResourceName({ resource }: { resource: Pick<Resource, 'name'> }) {
  return resource.name ? <bdi>{resource.name}</bdi> : <Trans>העסק</Trans>
}
