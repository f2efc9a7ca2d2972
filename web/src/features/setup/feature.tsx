import { msg } from '@lingui/core/macro'
import { IconListCheck } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'
import { PROGRESS } from './strip/progress'
import { SetupStrip } from './strip/SetupStrip'

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
  changes: Object.fromEntries(
    [
      'setup_updated',
      'setting_updated',
      'bridge_updated',
      'opening_hours_updated',
      'service_updated',
      'call_started',
      'call_ended',
    ].map(kind => [kind, [PROGRESS]]),
  ),
  Strip: SetupStrip,
}
