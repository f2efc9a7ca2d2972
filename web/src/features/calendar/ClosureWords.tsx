import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Dot } from '#shared/components/text'
import { atNoon } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { type Closure, everyResource } from './data'
import { ResourceName } from './ResourceName'

export function ClosureWords({ closure }: { closure: Closure }) {
  return (
    <>
      <ClosureDays closure={closure} />
      <Dot />
      <About closure={closure} />
    </>
  )
}

export function ClosureDays({ closure: { from_date, to_date, from, to } }: { closure: Closure }) {
  const format = useFormat()
  return (
    <>
      <b>
        {format.longDate(atNoon(from_date))}
        {to_date !== from_date && <> – {format.longDate(atNoon(to_date))}</>}
      </b>{' '}
      {from && to && <bdi dir="ltr">{`${from}–${to}`}</bdi>}
    </>
  )
}

/** Who is closed, and why. */
export function About({ closure: { resource_id = null, reason } }: { closure: Closure }) {
  const isWhole = resource_id === null
  const resources = useQuery({ ...everyResource, enabled: !isWhole })
  const resource = resources.data?.items.find(({ id }) => id === resource_id)
  return (
    <>
      {isWhole ? <Trans>כל העסק</Trans> : resource && <ResourceName resource={resource} />}
      {reason && (
        <>
          {(isWhole || resource) && <Dot />}
          <bdi>{reason}</bdi>
        </>
      )}
    </>
  )
}
