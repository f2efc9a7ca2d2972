import { Trans } from '@lingui/react/macro'
import { IconAlertCircle } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Ltr } from '#shared/components/text'
import { useFormat } from '#shared/session'

/** An empty `nextFree` is not shown. */
export function Conflict({ nextFree }: { nextFree: string }) {
  const format = useFormat()
  return (
    <p className="err" role="alert">
      <Icon icon={IconAlertCircle} size="s" />
      <span>
        {nextFree ? (
          <Trans>
            השעה הזאת נתפסה עכשיו. הבאה שפנויה: {format.longDate(nextFree)}, <Ltr>{format.time(nextFree)}</Ltr>
          </Trans>
        ) : (
          <Trans>השעה הזאת נתפסה עכשיו. בחרו שעה אחרת</Trans>
        )}
      </span>
    </p>
  )
}
