import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { AlertText } from '#shared/components/AlertText'
import { Problem } from '#shared/components/Problem'
import { Dot, Hidden, Time } from '#shared/components/text'
import { useLocale } from '#shared/i18n/locale'
import { useSession } from '#shared/session'
import { AlertFix, MuteMenu } from './actions'
import { iconOf, isSevere } from './kinds'

export function AlertLine({ alert }: { alert: Schemas['AlertItem'] }) {
  const locale = useLocale()
  const { isOwner } = useSession()
  const level = alert.muted ? 'plain' : isSevere(alert.kind) ? 'bad' : 'warn'
  return (
    <Problem
      icon={iconOf(alert.kind)}
      level={level}
      title={
        <>
          {level === 'bad' && (
            <Hidden>
              <Trans>חמור:</Trans>{' '}
            </Hidden>
          )}
          {alert.headline[locale]}
        </>
      }
      action={
        isOwner && (
          <div className="row wrap">
            <AlertFix kind={alert.kind} />
            <MuteMenu alert={alert} />
          </div>
        )
      }
    >
      {alert.detail[locale] && <AlertText text={alert.detail[locale]} />}
      <AlertText text={alert.remedy[locale]} />
      <p>
        <Trans>
          מאז <Time at={alert.since} style="full" />
        </Trans>
        {alert.muted_until && (
          <>
            <Dot />
            <Trans>
              מושתקת עד <Time at={alert.muted_until} style="full" />
            </Trans>
          </>
        )}
      </p>
    </Problem>
  )
}
