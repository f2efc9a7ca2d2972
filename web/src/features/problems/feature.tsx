import { msg } from '@lingui/core/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import type { Feature } from '#shared/feature'
import { DiskStrip } from './DiskStrip'

function useProblemCount(): number {
  const { data } = useQuery(apiQuery('/api/alerts'))
  return data?.items.filter(({ state, muted }) => state === 'raised' && !muted).length ?? 0
}

export const feature: Feature = {
  id: 'problems',
  Strip: DiskStrip,
  routes: [
    { path: '/app/problems', load: () => import('./ProblemsPage') },
    { path: '/app/problems/history', load: () => import('./HistoryPage') },
  ],
  nav: [
    {
      label: msg`תקלות`,
      icon: IconAlertTriangle,
      href: '/app/problems',
      order: 80,
      place: 'end',
      useBadge: useProblemCount,
      isUrgent: true,
      isHiddenWhenZero: true,
    },
  ],
  commands: [{ id: 'problems', label: msg`תקלות`, icon: IconAlertTriangle, href: '/app/problems' }],
}
