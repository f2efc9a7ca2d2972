import { useLingui } from '@lingui/react/macro'
import { useEffect, useRef, useState } from 'react'
import { isolate } from '#shared/format/bidi'
import type { TimelineItem } from './api'
import { sideOf } from './model/rows'
import { useMediaText } from './texts'

/**
 * Announces each new message of the contact or the agent to screen readers once, without its time. The rendered rows
 * cannot be a live region, because scrolling adds and removes them.
 */
export function Announcer({ items, name }: { items: readonly TimelineItem[] | undefined; name: string }) {
  const { t } = useLingui()
  const mediaText = useMediaText()
  const [said, setSaid] = useState<readonly { id: number; text: string }[]>([])
  const last = useRef<number>(undefined)
  useEffect(() => {
    if (!items) return
    const messages = items.flatMap(({ message }) => message ?? [])
    const newest = Math.max(0, ...messages.map(({ id }) => id))
    const before = last.current
    last.current = newest
    if (before === undefined) return
    const fresh = messages.filter(message => message.id > before && sideOf(message) !== 'us')
    if (fresh.length === 0) return
    setSaid(
      fresh.map(message => {
        const who = sideOf(message) === 'agent' ? t`הסוכן` : isolate(name)
        return { id: message.id, text: `${who}: ${isolate(message.content_text || mediaText(message.media_kind))}` }
      }),
    )
  }, [items, name, t, mediaText])
  return (
    <div className="vh" role="log" aria-label={t`הודעות חדשות`}>
      {said.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  )
}
