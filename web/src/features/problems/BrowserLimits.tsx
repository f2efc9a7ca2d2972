import { Trans } from '@lingui/react/macro'
import { IconLockOpen } from '@tabler/icons-react'
import { Problem } from '#shared/components/Problem'

/** What this browser does not allow on an unencrypted address, in words. */
export function BrowserLimits() {
  if (window.isSecureContext) return null
  return (
    <section className="section">
      <Problem icon={IconLockOpen} level="plain" title={<Trans>הדפדפן מגביל את הדף, כי הכתובת מתחילה ב־http</Trans>}>
        <p>
          <Trans>אין הקלטה במיקרופון, אין התראות ואין העתקה בלחיצה. הכול עובד כשפותחים את הדף בכתובת https.</Trans>
        </p>
      </Problem>
    </section>
  )
}
