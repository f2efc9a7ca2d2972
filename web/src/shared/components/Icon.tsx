import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowLeft,
  IconArrowNarrowRight,
  IconArrowRight,
  IconChevronLeft,
  IconChevronRight,
  IconCornerDownLeft,
  IconExternalLink,
  IconFileText,
  IconList,
  IconLogout,
  IconMessage,
  IconMessages,
  IconNote,
  IconSend,
  IconSend2,
} from '@tabler/icons-react'
import type { ComponentType, SVGProps } from 'react'

export type IconGlyph = ComponentType<Pick<SVGProps<SVGSVGElement>, 'className' | 'aria-hidden'>>

/**
 * The icons that are mirrored in right-to-left pages. Never add these: phone, play, check, clock, search, pencil,
 * refresh.
 */
const FLIPPED: ReadonlySet<unknown> = new Set([
  IconArrowLeft,
  IconArrowRight,
  IconArrowNarrowRight,
  IconChevronLeft,
  IconChevronRight,
  IconSend,
  IconSend2,
  IconArrowBackUp,
  IconArrowForwardUp,
  IconExternalLink,
  IconLogout,
  IconCornerDownLeft,
  IconList,
  IconMessage,
  IconMessages,
  IconNote,
  IconFileText,
])

interface Props {
  icon: IconGlyph
  /** 16, 20 or 24 px. */
  size?: 's' | 'm' | 'l'
  className?: string
}

/** Use only this component to render icons. Icons are decorative: they are hidden from screen readers. */
export function Icon({ icon: Glyph, size = 'm', className = '' }: Props) {
  const flip = FLIPPED.has(Glyph) ? { 'data-flip': '' } : {}
  return <Glyph className={`i ${size === 'm' ? '' : size} ${className}`} aria-hidden {...flip} />
}
