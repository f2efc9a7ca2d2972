import { Trans } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconCheck, IconFilter } from '@tabler/icons-react'
import { type ReactNode, useMemo } from 'react'
import { Icon } from '#shared/components/Icon'
import { EmptyState } from '#shared/components/states'
import { useFormat } from '#shared/session'
import { type TimelineFilter, useTimelineFilters } from '#shared/timeline-filter'
import type { Contact } from '../api'
import { type Row, rowsOf } from '../model/rows'
import { Entries } from './Entries'
import { useTimeline } from './useTimeline'

export interface Filtering {
  filter: TimelineFilter
  onFilter: (filter: TimelineFilter) => void
}

export function FilterItems({ filter, onFilter }: Filtering) {
  return useTimelineFilters().map(([value, text]) => (
    <Menu.RadioItem
      key={value}
      value={value}
      checked={filter === value}
      checkIcon={<Icon icon={IconCheck} size="s" />}
      closeMenuOnClick
      onChange={() => onFilter(value)}
    >
      {text}
    </Menu.RadioItem>
  ))
}

interface Props extends Filtering {
  contact: Contact
  draw: (row: Row) => ReactNode
}

export function Filtered({ contact, filter, onFilter, draw }: Props) {
  const format = useFormat()
  const name = useTimelineFilters().find(([value]) => value === filter)?.[1]
  const timeline = useTimeline(
    contact.id,
    contact.threads.map(({ id }) => id),
    filter,
  )
  const { items, hasOlder } = timeline
  const rows = useMemo(
    () => items && rowsOf({ items, hasOlder, outgoing: [], unread: 0, unreadUntil: null, dayOf: at => format.day(at) }),
    [items, hasOlder, format],
  )
  return (
    <>
      <div className="takeover" role="status">
        <Icon icon={IconFilter} size="s" />
        <span className="grow">
          <Trans>מוצגות רק: {name}</Trans>
        </span>
        <button className="btn link" type="button" onClick={() => onFilter('all')}>
          <Trans>הצגת הכול</Trans>
        </button>
      </div>
      <Entries
        timeline={timeline}
        rows={rows}
        draw={draw}
        target={null}
        since={contact.created_at}
        empty={
          <EmptyState title={<Trans>אין כאן כאלה</Trans>}>
            <Trans>אפשר לחזור ולהציג את כל מה שקרה עם הלקוח.</Trans>
          </EmptyState>
        }
      />
    </>
  )
}
