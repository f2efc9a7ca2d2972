import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { CHECK_ICONS } from '#shared/check-status'
import { Icon } from '#shared/components/Icon'
import { Hidden, Plain } from '#shared/components/text'

type Finding = Pick<Schemas['CheckFinding'], 'status' | 'text' | 'remedy'> & {
  /** The name of the check, in the page's language. */
  title?: string
}

/** The daemon returns the sentences in the page's language. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <ul className="findings">
      {findings.map(({ status, title, text, remedy }) => (
        <li key={`${title} ${text}`}>
          <Icon icon={CHECK_ICONS[status]} className={status} />
          <div className="grow">
            <Hidden>
              <StatusWord status={status} />
              {': '}
            </Hidden>
            {title && <span className="strong">{title}</span>}
            <p className={title ? 'small' : 'strong'}>
              <Plain text={text} />
            </p>
            {remedy && (
              <p className="small muted">
                <Plain text={remedy} />
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}

export function StatusWord({ status }: { status: Schemas['CheckStatus'] }) {
  switch (status) {
    case 'ok':
      return <Trans>תקין</Trans>
    case 'warning':
      return <Trans>דורש תשומת לב</Trans>
    case 'error':
      return <Trans>לא תקין</Trans>
    case 'skipped':
      return <Trans>לא נבדק</Trans>
  }
}
