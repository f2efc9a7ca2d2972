import { Dot } from '#shared/components/text'
import type { WaitingEntry } from './data'
import { WaitingDays } from './WaitingDays'

export function WaitingWords({ entry }: { entry: WaitingEntry }) {
  return (
    <span className="strong">
      <bdi>{entry.service_name}</bdi>
      {entry.resource_name && (
        <>
          <Dot />
          <bdi>{entry.resource_name}</bdi>
        </>
      )}
      <Dot />
      <WaitingDays entry={entry} />
      {entry.note && (
        <>
          <Dot />
          <bdi>{entry.note}</bdi>
        </>
      )}
    </span>
  )
}
