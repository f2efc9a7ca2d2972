import { msg } from '@lingui/core/macro'
import { IconCalendar, IconCalendarPlus, IconHourglass } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'

/** The paths whose responses contain free times. Entries of the waiting list contain the first free time that suits. */
const FREE = ['/api/free-slots', '/api/free-gaps', '/api/waiting-list']

/** The paths whose responses contain the names of services and resources. */
const NAMED = ['/api/appointments', '/api/contacts', '/api/calls/{id}']

export const feature: Feature = {
  id: 'calendar',
  routes: [
    { path: '/calendar', load: () => import('./CalendarPage') },
    { path: '/app/settings/services', frame: 'settings', load: () => import('./ServicesPage') },
    { path: '/app/settings/resources', frame: 'settings', load: () => import('./ResourcesPage') },
    { path: '/app/settings/hours', frame: 'settings', load: () => import('./HoursPage') },
    { path: '/app/settings/facts', frame: 'settings', load: () => import('./FactsPage') },
  ],
  nav: [{ label: msg`יומן`, icon: IconCalendar, href: '/calendar', order: 40, place: 'main', key: 'KeyC' }],
  shortcuts: [
    { keys: ['J'], label: msg`השבוע הבא, או היום הבא` },
    { keys: ['K'], label: msg`השבוע הקודם, או היום הקודם` },
    { keys: ['T'], label: msg`להיום` },
    { keys: ['M'], label: msg`מעבר לתאריך` },
    { keys: ['D'], label: msg`יום אחד` },
    { keys: ['W'], label: msg`שבוע` },
    { keys: ['N'], label: msg`תור חדש` },
  ],
  commands: [
    { id: 'calendar', label: msg`יומן`, icon: IconCalendar, href: '/calendar' },
    { id: 'new-appointment', label: msg`תור חדש`, icon: IconCalendarPlus, href: '/calendar?new=1' },
    { id: 'waiting-list', label: msg`רשימת המתנה`, icon: IconHourglass, href: '/calendar?waiting=1' },
  ],
  changes: {
    appointment_updated: ['/api/appointments', '/api/contacts', ...FREE],
    service_updated: ['/api/services', '/api/resources', ...NAMED, ...FREE],
    resource_updated: ['/api/resources', '/api/calendar/days', ...NAMED, ...FREE],
    opening_hours_updated: ['/api/opening-hours', '/api/closures', '/api/calendar/days', ...FREE],
    fact_updated: ['/api/facts', '/api/knowledge-gaps'],
    knowledge_gap_updated: ['/api/knowledge-gaps'],
    waiting_list_updated: ['/api/waiting-list'],
    contact_updated: ['/api/appointments', '/api/waiting-list', '/api/knowledge-gaps', '/api/appointment-notice'],
    thread_updated: ['/api/appointment-notice'],
    bridge_updated: ['/api/appointment-notice'],
    setting_updated: ['/api/appointment-notice'],
    // The appointments of a deleted contact are deleted, so their times are free.
    contact_deleted: ['/api/appointments', '/api/knowledge-gaps', ...FREE],
  },
}
