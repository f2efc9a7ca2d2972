import type { AnchorHTMLAttributes } from 'react'
import { Link as Wouter } from 'wouter'

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string
  /** Replaces the entry of the history. */
  replace?: boolean
}

/** A link inside the page. */
export const Link = (props: Props) => <Wouter {...props} />
