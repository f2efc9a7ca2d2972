import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconLock, IconLockOpen } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr, Time } from '#shared/components/text'

/** The certificate that is served, and what went wrong with it. */
export function Certificate() {
  const query = useQuery(apiQuery('/api/tls'))
  return (
    <Loaded query={query} skeleton={<SkeletonRows count={1} height={66} />}>
      {({ health, names, not_after, last_error }) =>
        health === 'disabled' ? (
          <p className="link-state wait">
            <Icon icon={IconLockOpen} />
            <Trans>המכונה לא מגישה תעודה בעצמה. אם לפניה עומד שרת עם https, זה בסדר.</Trans>
          </p>
        ) : (
          <>
            <p className={health === 'ok' ? 'link-state ok' : 'link-state bad'}>
              <Icon icon={health === 'ok' ? IconLock : IconAlertTriangle} />
              <span>
                <Ltr>{names.join(', ')}</Ltr>{' '}
                {not_after && (
                  <Trans>
                    בתוקף עד <Time at={not_after} style="date" />
                  </Trans>
                )}
              </span>
            </p>
            {last_error && (
              <Problem icon={IconAlertTriangle} level="bad" title={<Trans>התעודה לא התקבלה</Trans>}>
                <bdi>{last_error.text}</bdi>
              </Problem>
            )}
          </>
        )
      }
    </Loaded>
  )
}
