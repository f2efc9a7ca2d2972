import type { ReactNode } from 'react'
import { Icon, type IconGlyph } from './Icon'

interface Props {
  icon: IconGlyph
  /** Red: money, data or calls at risk. Amber: degraded. Gray: the browser refuses. */
  level?: 'bad' | 'warn' | 'plain'
  title: ReactNode
  children?: ReactNode
  /** One button. */
  action?: ReactNode
}

/** A problem: what happened, its effect, and one button. */
export function Problem({ icon, level = 'warn', title, children, action }: Props) {
  return (
    <div className={`problem ${level}`}>
      <Icon icon={icon} />
      <div className="grow">
        <p className="strong">{title}</p>
        {children && <div className="small">{children}</div>}
      </div>
      {action}
    </div>
  )
}
