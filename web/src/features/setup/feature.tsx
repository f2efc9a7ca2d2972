import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'setup',
  routes: [{ path: '/setup', load: () => import('./SetupPage'), bare: true }],
}
