import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconLock, IconLockOpen } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr, Time } from '#shared/components/text'
import { useLocale } from '#shared/i18n/locale'

const SOURCES: Record<Schemas['CertificateSource'], MessageDescriptor> = {
  none: msg`אין תעודה.`,
  self_signed: msg`המכונה חתמה עליה בעצמה, ולכן דפדפנים מזהירים לפני הכניסה, ו־Twilio לא מקבלת אותה.`,
  files: msg`מקבצים שהונחו במכונה. מי שהניח אותם גם מחדש אותם.`,
  acme: msg`המכונה קיבלה אותה בעצמה, ומחדשת אותה לבד.`,
}

export function Certificate() {
  const { i18n } = useTexts()
  const query = useQuery(apiQuery('/api/tls', { header: { 'Accept-Language': useLocale() } }))
  return (
    <Loaded query={query} skeleton={<SkeletonRows count={1} height={66} />}>
      {({ health, source, names, not_after, last_error }) =>
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
                <span className="small muted source">{i18n._(SOURCES[source])}</span>
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
