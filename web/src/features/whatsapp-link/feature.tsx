import { msg } from '@lingui/core/macro'
import { IconBrandWhatsapp } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'whatsapp-link',
  routes: [{ path: '/app/whatsapp', load: () => import('./WhatsAppPage') }],
  commands: [
    { id: 'whatsapp', label: msg`החיבור ל־WhatsApp`, icon: IconBrandWhatsapp, href: '/app/whatsapp', more: 'business' },
  ],
}
