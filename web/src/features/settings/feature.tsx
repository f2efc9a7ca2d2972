import { msg } from '@lingui/core/macro'
import { IconSettings } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'settings',
  routes: [{ path: '/app/settings/:section?', load: () => import('./SettingsPage'), detail: 'SectionBody' }],
  frames: { settings: () => import('./SettingsFrame') },
  nav: [{ label: msg`הגדרות`, icon: IconSettings, href: '/app/settings', order: 95, place: 'end' }],
  commands: [
    { id: 'settings', label: msg`הגדרות`, icon: IconSettings, href: '/app/settings', more: 'business' },
    { id: 'settings-agent', label: msg`הטקסט של הסוכן`, icon: IconSettings, href: '/app/settings/agent' },
    { id: 'settings-users', label: msg`משתמשים`, icon: IconSettings, href: '/app/settings/users', ownerOnly: true },
    { id: 'settings-backup', label: msg`גיבויים`, icon: IconSettings, href: '/app/settings/backup', ownerOnly: true },
    {
      id: 'settings-health',
      label: msg`בריאות המערכת`,
      icon: IconSettings,
      href: '/app/settings/health',
      ownerOnly: true,
    },
  ],
  changes: {
    alert_updated: ['/api/self-check', '/api/backups'],
    backup_updated: ['/api/backups', '/api/audit'],
    setting_updated: [
      '/api/audit',
      '/api/greeting',
      '/api/restart',
      '/api/retention',
      '/api/twilio/numbers',
      '/api/updates',
    ],
    call_ended: ['/api/restart'],
  },
}
