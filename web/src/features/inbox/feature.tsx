import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { IconMessages } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { queryClient } from '#shared/api/query'
import type { Feature, PaletteHit } from '#shared/feature'
import { duration } from '#shared/format/time'
import { HIT_ICONS, MIN_SEARCH, searchPages, snippetOf } from '#shared/search'
import { OutboxStrip } from './OutboxStrip'
import { countsQuery } from './queries'

const useWaiting = () => useQuery(countsQuery).data?.waiting ?? 0

/** The maximum number of hits in the palette. */
const MAX_HITS = 6

async function search(query: string): Promise<PaletteHit[]> {
  if (query.length < MIN_SEARCH) return []
  const { pages } = await queryClient.fetchInfiniteQuery(searchPages(query, MAX_HITS))
  const hits = pages.flatMap(({ items }) => items)
  const found: PaletteHit[] = hits.map(hit => {
    const { text, spans } = snippetOf(hit)
    const by = { name: hit.contact_name, number: hit.contact_number, at: hit.at }
    const meta = hit.offset_ms == null ? {} : { meta: duration(hit.offset_ms) }
    const id = `${hit.kind}-${hit.id}`
    return { id, icon: HIT_ICONS[hit.kind], text, highlights: spans, by, href: hit.link, ...meta }
  })
  if (pages.at(-1)?.next_cursor == null) return found
  const all = i18n._(msg`כל מה שנמצא בפניות`)
  return [
    ...found,
    { id: 'words-all', icon: IconMessages, text: all, href: `/app/inbox?q=${encodeURIComponent(query)}` },
  ]
}

export const feature: Feature = {
  id: 'inbox',
  routes: [
    {
      path: '/app/inbox/:contactId?',
      load: () => import('./InboxPage'),
      detail: 'Conversation',
      data: ['/api/inbox?filter=all&limit=50', '/api/threads/counts'],
    },
  ],
  nav: [
    {
      label: msg`פניות`,
      icon: IconMessages,
      href: '/app/inbox',
      order: 20,
      place: 'main',
      useBadge: useWaiting,
      key: 'KeyI',
    },
  ],
  commands: [
    { id: 'inbox', label: msg`פניות`, icon: IconMessages, href: '/app/inbox' },
    { id: 'inbox-waiting', label: msg`פניות שממתינות לי`, icon: IconMessages, href: '/app/inbox?filter=waiting' },
  ],
  shortcuts: [
    { keys: ['J'], label: msg`הפנייה הבאה` },
    { keys: ['K'], label: msg`הפנייה הקודמת` },
    { keys: ['R'], label: msg`תשובה` },
    { keys: ['E'], label: msg`לארכיון` },
    { keys: ['T'], label: msg`משימה חדשה` },
    { keys: ['Esc'], label: msg`חזרה לרשימה` },
  ],
  palette: [{ id: 'words', heading: msg`בתוך שיחות והערות`, search }],
  Strip: OutboxStrip,
  changes: {
    saved_reply_updated: ['/api/saved-replies'],
    scheduled_message_updated: ['/api/scheduled-messages', '/api/inbox'],
    message_created: ['/api/scheduled-messages'],
    contact_updated: ['/api/scheduled-messages'],
    contact_deleted: ['/api/scheduled-messages'],
    note_updated: ['/api/contacts'],
    tag_updated: ['/api/contacts', '/api/inbox'],
    task_updated: ['/api/tasks'],
    appointment_updated: ['/api/contacts'],
  },
}
