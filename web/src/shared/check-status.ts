import { IconAlertTriangle, IconCheck, IconMinus, IconX } from '@tabler/icons-react'
import type { Schemas } from './api/client'
import type { IconGlyph } from './components/Icon'

export const CHECK_ICONS: Record<Schemas['CheckStatus'], IconGlyph> = {
  ok: IconCheck,
  warning: IconAlertTriangle,
  error: IconX,
  skipped: IconMinus,
}
