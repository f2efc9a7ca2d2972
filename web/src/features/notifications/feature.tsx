import { msg } from '@lingui/core/macro'
import { IconBellRinging } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'
import { Notifier } from './strip/Notifier'

export const feature: Feature = {
  id: 'notifications',
  Strip: Notifier,
  routes: [{ path: '/app/settings/notifications', frame: 'settings', load: () => import('./NotificationsPage') }],
  commands: [
    { id: 'notifications', label: msg`התראות בדפדפן`, icon: IconBellRinging, href: '/app/settings/notifications' },
  ],
}
