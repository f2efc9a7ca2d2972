import { msg } from '@lingui/core/macro'
import { IconUsersGroup } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import type { Feature } from '#shared/feature'

const useCount = () => useQuery(apiQuery('/api/merge-suggestions')).data?.items.length ?? 0

export const feature: Feature = {
  id: 'merge-suggestions',
  routes: [{ path: '/app/merge-suggestions', load: () => import('./SuggestionsPage') }],
  nav: [
    {
      label: msg`לקוחות כפולים`,
      icon: IconUsersGroup,
      href: '/app/merge-suggestions',
      order: 70,
      place: 'end',
      useBadge: useCount,
      isHiddenWhenZero: true,
    },
  ],
  commands: [
    { id: 'merge-suggestions', label: msg`לקוחות כפולים`, icon: IconUsersGroup, href: '/app/merge-suggestions' },
  ],
}
