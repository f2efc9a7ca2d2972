import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { IconColumns3, IconUser, IconUserPlus, IconUsers } from '@tabler/icons-react'
import type { Feature, PaletteHit } from '#shared/feature'
import { ltr } from '#shared/format/bidi'
import { formatPhone, isPhone } from '#shared/format/phone'
import { matchOf, newContactHref } from '#shared/search'
import { currentCountry } from '#shared/session'
import { contactPage } from './api'

/** The maximum number of contacts in the palette. */
const MAX_HITS = 6

async function search(query: string, signal: AbortSignal): Promise<PaletteHit[]> {
  const { items, next_cursor } = await contactPage({ q: query || undefined, limit: MAX_HITS }, signal)
  const hits = items.map(({ id, display_name, number }) => {
    const shown = number ? formatPhone(number, currentCountry()) : undefined
    const name = isPhone(display_name) ? '' : display_name.trim()
    const text = name || (shown ? ltr(shown) : '—')
    const match = matchOf(text, query)
    const meta = name && shown ? { meta: shown } : {}
    const highlights = match && [match]
    return { id: `contact-${id}`, icon: IconUser, text, highlights, href: `/app/contacts/${id}`, ...meta }
  })
  if (!query || next_cursor == null) return hits
  const all = i18n._(msg`כל הלקוחות שנמצאו`)
  return [
    ...hits,
    { id: 'contacts-all', icon: IconUsers, text: all, href: `/app/contacts?q=${encodeURIComponent(query)}` },
  ]
}

const whenNone = { label: msg`לקוח חדש`, icon: IconUserPlus, href: newContactHref }

export const feature: Feature = {
  id: 'contacts',
  routes: [
    { path: '/app/contacts', load: () => import('./ContactsPage'), data: ['/api/contacts?limit=50'] },
    { path: '/app/contacts/merge', load: () => import('./MergePage') },
    { path: '/app/contacts/:id', load: () => import('./ContactPage') },
    { path: '/app/leads', load: () => import('./LeadsPage') },
  ],
  nav: [{ label: msg`לקוחות`, icon: IconUsers, href: '/app/contacts', order: 50, place: 'main', key: 'KeyL' }],
  shortcuts: [
    { keys: ['N'], label: msg`לקוח חדש` },
    { keys: ['Esc'], label: msg`ביטול הבחירה` },
  ],
  commands: [
    { id: 'contacts', label: msg`לקוחות`, icon: IconUsers, href: '/app/contacts' },
    { id: 'contact-new', label: msg`לקוח חדש`, icon: IconUserPlus, href: '/app/contacts?new=1' },
    { id: 'leads', label: msg`לידים לפי שלב`, icon: IconColumns3, href: '/app/leads' },
  ],
  palette: [{ id: 'contacts', heading: msg`לקוחות`, search, whenNone }],
  changes: {
    contact_deleted: ['/api/contacts', '/api/threads', '/api/inbox', '/api/calls', '/api/leads', '/api/tasks'],
    contact_updated: ['/api/leads', '/api/tasks', '/api/tags'],
    note_updated: ['/api/contacts'],
    tag_updated: ['/api/tags', '/api/contacts'],
    custom_field_updated: ['/api/custom-fields', '/api/contacts'],
    task_updated: ['/api/tasks', '/api/contacts'],
    lead_updated: ['/api/leads', '/api/lead-stages'],
    lead_stage_updated: ['/api/lead-stages', '/api/leads'],
    appointment_updated: ['/api/contacts'],
  },
}
