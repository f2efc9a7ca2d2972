import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'login',
  routes: [
    { path: '/login', load: () => import('./LoginPage'), bare: true },
    { path: '/forgot', load: () => import('./ForgotPage'), bare: true },
    { path: '/reset', load: () => import('./ForgotPage'), bare: true },
  ],
}
