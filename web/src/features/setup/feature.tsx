import { msg } from '@lingui/core/macro'
import { IconListCheck } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'
import { SetupReminder } from './SetupReminder'

export const feature: Feature = {
  id: 'setup',
  routes: [
    { path: '/setup', load: () => import('./SetupPage'), bare: true },
    { path: '/app/setup/:step?', load: () => import('./WizardPage') },
  ],
  commands: [
    {
      id: 'setup',
      label: msg`הקמה, שלב אחר שלב`,
      icon: IconListCheck,
      href: '/app/setup',
      ownerOnly: true,
      more: 'business',
    },
  ],
  changes: { setup_updated: ['/api/setup/progress'] },
  Strip: SetupReminder,
}
