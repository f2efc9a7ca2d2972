import type { Feature } from '#shared/feature'
import { LiveCallStrip } from './LiveCallStrip'

export const feature: Feature = { id: 'live-call', routes: [], Strip: LiveCallStrip }
