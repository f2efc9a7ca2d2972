import type { WaitingEntry } from './data'
import { WaitingDays } from './WaitingDays'

export function WaitingWords({ entry }: { entry: WaitingEntry }) {
  return (
    <span className="strong">
      <bdi>{entry.service_name}</bdi>
      {entry.resource_name && (
        <>
          {' · '}
          <bdi>{entry.resource_name}</bdi>
        </>
      )}
      {' · '}
      <WaitingDays entry={entry} />
      {entry.note && (
        <>
          {' · '}
          <bdi>{entry.note}</bdi>
        </>
      )}
    </span>
  )
}
