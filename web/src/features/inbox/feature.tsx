import { msg } from '@lingui/core/macro'
import { IconMessages } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Feature } from '#shared/feature'
import { OutboxKeeper } from './OutboxKeeper'
import { countsQuery } from './queries'

const useWaiting = () => useQuery(countsQuery).data?.waiting ?? 0

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
