import { Trans } from '@lingui/react/macro'

/** The default resource, which stands for the business itself, has no name until a user enters one. */
export function ResourceName({ resource }: { resource: { name?: string | null } }) {
  return resource.name ? <bdi>{resource.name}</bdi> : <Trans>העסק</Trans>
}
