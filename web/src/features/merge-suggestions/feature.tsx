import { msg } from '@lingui/core/macro'
import { IconUsersGroup } from '@tabler/icons-react'
import { useAllPages } from '#shared/api/all-pages'
import type { Feature } from '#shared/feature'

const useCount = () => useAllPages('/api/merge-suggestions').data?.items.length ?? 0

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
