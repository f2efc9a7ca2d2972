import type { AnchorHTMLAttributes } from 'react'
import { Link as Wouter } from 'wouter'

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string
  /** Replaces the current history entry instead of adding one. */
  replace?: boolean
}

/** A link to another route of the page, without a reload. */
export const Link = (props: Props) => <Wouter {...props} />
