import type { ReactNode } from 'react'
import { Icon, type IconGlyph } from './Icon'

interface Props {
  icon: IconGlyph
  /** `bad` (red): money, data or calls are at risk. `warn` (amber): degraded. `plain` (gray): a notice. */
  level?: 'bad' | 'warn' | 'plain'
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
}

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
