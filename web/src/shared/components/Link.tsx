import type { AnchorHTMLAttributes } from 'react'
import { Link as Wouter } from 'wouter'

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string
  /** Replaces the current history entry instead of adding one. */
  replace?: boolean
}

export const Link = (props: Props) => <Wouter {...props} />
