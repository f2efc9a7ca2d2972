import { msg } from '@lingui/core/macro'
import { IconCheckbox, IconSun } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import type { Feature } from '#shared/feature'
import { useNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { openToday } from './tasks'

/** Counts the tasks that the start page shows, 100 at most. */
function useOpenToday(): number {
  const format = useFormat()
  const now = useNow()
  const { data } = useQuery(apiQuery('/api/tasks', { query: { state: 'open', limit: 100 } }))
  return openToday(data?.items ?? [], now, format).length
}

export const feature: Feature = {
  id: 'today',
  routes: [
    {
      path: '/app/today',
      load: () => import('./TodayPage'),
      data: [
        '/api/inbox?filter=waiting&limit=20',
        '/api/threads/counts',
        '/api/answering',
        '/api/tasks?state=open&limit=100',
        '/api/alerts',
        '/api/waiting-list?limit=200',
      ],
    },
    { path: '/app/tasks', load: () => import('./TasksPage') },
  ],
  nav: [
    { label: msg`היום`, icon: IconSun, href: '/app/today', order: 10, place: 'main', key: 'KeyH' },
    {
      label: msg`משימות`,
      icon: IconCheckbox,
      href: '/app/tasks',
      order: 60,
      place: 'main',
      key: 'KeyT',
      useBadge: useOpenToday,
    },
  ],
  commands: [
    { id: 'today', label: msg`היום`, icon: IconSun, href: '/app/today' },
    { id: 'tasks', label: msg`משימות`, icon: IconCheckbox, href: '/app/tasks' },
    { id: 'new-task', label: msg`משימה חדשה`, icon: IconCheckbox, href: '/app/tasks?new=1' },
  ],
  changes: {
    task_updated: ['/api/tasks', '/api/contacts', '/api/inbox'],
    // Tasks contain the name of their assignee.
    user_updated: ['/api/tasks', '/api/contacts'],
  },
}
