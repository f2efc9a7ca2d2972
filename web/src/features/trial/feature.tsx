import { msg } from '@lingui/core/macro'
import { IconMicrophone } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'trial',
  routes: [{ path: '/app/try', load: () => import('./TryPage') }],
  commands: [{ id: 'trial', label: msg`לדבר עם הסוכן`, icon: IconMicrophone, href: '/app/try', more: 'business' }],
}
