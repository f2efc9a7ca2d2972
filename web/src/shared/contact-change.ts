import { IconBan, IconMessageOff } from '@tabler/icons-react'
import type { Schemas } from './api/client'
import type { IconGlyph } from './components/Icon'

/** The icon of a change of a contact in a timeline. */
export const CHANGE_ICONS: Record<Schemas['ContactChange']['kind'], IconGlyph> = {
  opted_out: IconMessageOff,
  opted_in: IconMessageOff,
  blocked: IconBan,
  unblocked: IconBan,
}
