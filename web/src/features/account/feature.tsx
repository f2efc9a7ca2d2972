import { msg } from '@lingui/core/macro'
import { IconUserCircle } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'account',
  routes: [{ path: '/app/account', load: () => import('./AccountPage') }],
  commands: [{ id: 'account', label: msg`החשבון שלי`, icon: IconUserCircle, href: '/app/account', more: 'account' }],
}
