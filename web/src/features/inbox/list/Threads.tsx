import { useMemo } from 'react'
import { placeOf, useLongList } from '#shared/long-list'
import type { InboxRow } from '../api'
import { ThreadRow } from './ThreadRow'

interface Props {
  rows: readonly InboxRow[]
  label: string
  current: number | null
  hrefOf: (contactId: number) => string
  /** Returns the name of a user who is typing in a thread. */
  typingIn: (threadId: number | null | undefined) => string | undefined
  /** Whether more rows can be fetched. */
  hasMore: boolean
}

export function Threads({ rows, label, current, hrefOf, typingIn, hasMore }: Props) {
  const keys = useMemo(() => rows.map(row => row.contact_id), [rows])
  const { ref, parts } = useLongList<HTMLUListElement>({ name: 'inbox', keys, height: 67, current })
  return (
    <ul ref={ref} aria-label={label} className="threads">
      {parts.map(part => {
        if ('gap' in part) return <li key={part.key} data-gap aria-hidden style={{ blockSize: part.gap }} />
        const row = rows[part.index]
        return (
          row && (
            <ThreadRow
              key={part.key}
              row={row}
              href={hrefOf(row.contact_id)}
              isCurrent={row.contact_id === current}
              typing={typingIn(row.whatsapp_thread_id)}
              {...placeOf(part.index, rows.length, hasMore)}
            />
          )
        )
      })}
    </ul>
  )
}
