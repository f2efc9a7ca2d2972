import { msg } from '@lingui/core/macro'
import { IconPhone, IconPhoneX } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'calls',
  routes: [
    {
      path: '/app/calls/:id?',
      load: () => import('./CallsPage'),
      detail: 'CallView',
      data: ['/api/calls?limit=50', '/api/answering'],
    },
  ],
  nav: [{ label: msg`שיחות`, icon: IconPhone, href: '/app/calls', order: 30, place: 'main', key: 'KeyP' }],
  shortcuts: [
    { keys: ['J'], label: msg`השיחה הבאה` },
    { keys: ['K'], label: msg`השיחה הקודמת` },
    { keys: ['Space'], label: msg`ניגון והשהיה` },
    { keys: ['←'], label: msg`אחורה בהקלטה` },
    { keys: ['→'], label: msg`קדימה בהקלטה` },
    { keys: ['['], label: msg`לאט יותר` },
    { keys: [']'], label: msg`מהר יותר` },
    { keys: ['T'], label: msg`משימה לחזור אל הלקוח` },
  ],
  changes: {
    appointment_updated: ['/api/calls/{id}'],
    fact_updated: ['/api/calls/{id}'],
    knowledge_gap_updated: ['/api/calls/{id}'],
    lead_updated: ['/api/calls/{id}'],
    outbound_call_updated: ['/api/outbound-calls'],
    contact_updated: ['/api/outbound-calls'],
    contact_deleted: ['/api/outbound-calls'],
  },
  commands: [
    { id: 'calls', label: msg`שיחות`, icon: IconPhone, href: '/app/calls' },
    { id: 'calls-missed', label: msg`שיחות שלא נענו`, icon: IconPhoneX, href: '/app/calls?outcome=missed' },
  ],
}
