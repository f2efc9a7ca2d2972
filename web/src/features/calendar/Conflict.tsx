import { Trans } from '@lingui/react/macro'
import { IconAlertCircle } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { Icon } from '#shared/components/Icon'
import { useFormat } from '#shared/session'

interface Props {
  /** The next free time; empty if there is none. */
  nextFree: string
  /** Chooses the next free time. */
  take: (startsAt: string) => void
}

/**
 * Is shown in the foot of a form, beside the button that was pressed, because the list of times may be scrolled. It takes
 * the focus, since that button is disabled until another time is chosen.
 */
export function Conflict({ nextFree, take }: Props) {
  const format = useFormat()
  const alert = useRef<HTMLDivElement>(null)
  useEffect(() => alert.current?.focus({ preventScroll: true }), [])
  return (
    <div className="refused" role="alert" tabIndex={-1} ref={alert}>
      <p className="err">
        <Icon icon={IconAlertCircle} size="s" />
        <span>
          {nextFree ? (
            <Trans>השעה הזאת נתפסה עכשיו. הבאה שפנויה:</Trans>
          ) : (
            <Trans>השעה הזאת נתפסה עכשיו. בחרו שעה אחרת</Trans>
          )}
        </span>
      </p>
      {nextFree && (
        <button
          className="btn"
          type="button"
          onClick={event => {
            const submit = event.currentTarget.closest('.ap-foot')?.querySelector<HTMLElement>('.btn.pen')
            take(nextFree)
            // The button is enabled by the next render.
            requestAnimationFrame(() => submit?.focus())
          }}
        >
          {`${format.longDate(nextFree)}, ${format.time(nextFree)}`}
        </button>
      )}
    </div>
  )
}
