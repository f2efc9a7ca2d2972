import { msg } from '@lingui/core/macro'
import { IconMessage2, IconMessages, IconNote, IconPhone } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import type { Feature, PaletteHit } from '#shared/feature'
import { OutboxKeeper } from './OutboxKeeper'
import { countsQuery } from './queries'

const useWaiting = () => useQuery(countsQuery).data?.waiting ?? 0

type Hit = Schemas['SearchHit']

/** How many hits the palette shows. */
const MOST = 8

/** What was written and said, and the notes. Contacts are found by their own feature. */
async function search(q: string, signal: AbortSignal): Promise<PaletteHit[]> {
  if (q.trim() === '') return []
  const query = { q, kinds: 'message,turn,call,note', limit: MOST }
  const { items } = await unwrap(client.GET('/api/search', { params: { query }, signal }))
  return items.map(hit => ({
    id: `${hit.kind}-${hit.id}`,
    icon: hit.kind === 'message' ? IconMessage2 : hit.kind === 'note' ? IconNote : IconPhone,
    text: hit.text,
    highlights: hit.highlights as [number, number][],
    href: hrefOf(hit),
    ...(hit.contact_name && { meta: hit.contact_name }),
  }))
}

function hrefOf({ kind, id, contact_id: contact, call_id: call }: Hit): string {
  if (kind === 'note') return `/app/contacts/${contact}`
  return kind === 'message' ? `/app/inbox/${contact}?message=${id}` : `/app/calls/${call}`
}

export const feature: Feature = {
  id: 'inbox',
  routes: [{ path: '/app/inbox/:contactId?', load: () => import('./InboxPage') }],
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
  palette: [{ id: 'inside', heading: msg`בתוך שיחות והערות`, search }],
  Strip: OutboxKeeper,
  changes: {
    saved_reply_updated: ['/api/saved-replies'],
    scheduled_message_updated: ['/api/scheduled-messages'],
    message_created: ['/api/scheduled-messages'],
    note_updated: ['/api/contacts'],
    tag_updated: ['/api/contacts', '/api/inbox'],
    task_updated: ['/api/tasks'],
    appointment_updated: ['/api/appointments'],
  },
}
