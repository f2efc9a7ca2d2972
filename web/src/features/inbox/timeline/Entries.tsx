import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { ErrorState, SkeletonRows } from '#shared/components/states'
import type { Row } from '../model/rows'
import { type Target, Timeline } from './Timeline'
import type { TimelineState } from './useTimeline'

interface Props {
  timeline: TimelineState
  /** Undefined until the timeline is loaded. */
  rows: readonly Row[] | undefined
  draw: (row: Row) => ReactNode
  target: Target | null
  since: string
  /** Shown if there are no rows. */
  empty: ReactNode
}

export function Entries({ timeline, rows, draw, target, since, empty }: Props) {
  if (rows === undefined && timeline.error) {
    return (
      <div className="talk scroll">
        <ErrorState
          error={timeline.error}
          title={<Trans>ההודעות לא נטענו. הן נשמרות כרגיל</Trans>}
          retry={() => void timeline.refetch()}
        />
      </div>
    )
  }
  if (rows === undefined) {
    return (
      <div className="talk scroll">
        <SkeletonRows count={7} height={64} />
      </div>
    )
  }
  if (rows.length === 0) return <div className="talk scroll">{empty}</div>
  return <Timeline rows={rows} draw={draw} target={target} timeline={timeline} since={since} />
}
