import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { CHECK_ICONS } from '#shared/check-status'
import { Icon } from '#shared/components/Icon'
import { Plain } from '#shared/components/text'

interface Props {
  answer: Schemas['CheckResponse'] | undefined
  /** Whether the checked values are the saved ones. */
  isSaved?: boolean
}

export function Findings({ answer, isSaved = false }: Props) {
  if (!answer) return null
  return (
    <div role="status">
      <h2>
        {!answer.ok && isSaved ? (
          <Trans>בדקנו את מה ששמור, ונמצאה בעיה</Trans>
        ) : !answer.ok ? (
          <Trans>בדקנו, ועוד לא עובד. לא נשמר</Trans>
        ) : answer.findings.some(({ status }) => status === 'warning') ? (
          <Trans>בדקנו, ויש מה להשלים</Trans>
        ) : answer.findings.every(({ status }) => status === 'skipped') ? (
          <Trans>לא היה מה לבדוק</Trans>
        ) : (
          <Trans>בדקנו, והחיבור עובד</Trans>
        )}
      </h2>
      <ul className="wizard-checks">
        {answer.findings.map(({ status, text, remedy }) => (
          <li key={text} className={status}>
            <span className="ci">
              <Icon icon={CHECK_ICONS[status]} size="s" />
            </span>
            <div className="grow">
              <Plain text={text} className="strong" />
              {remedy && (
                <p className="small muted">
                  <Plain text={remedy} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}
