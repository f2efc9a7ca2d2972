import type { ReactNode } from 'react'
import { Link } from '#shared/components/Link'

/** A line with a link to another page. */
export function Pointer({ href, link, children }: { href: string; link: ReactNode; children: ReactNode }) {
  return (
    <div className="set pointer">
      <p className="muted">{children}</p>
      <div className="c">
        <Link className="btn" href={href}>
          {link}
        </Link>
      </div>
    </div>
  )
}
