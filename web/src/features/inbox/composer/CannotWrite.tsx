import { Trans } from '@lingui/react/macro'
import { IconBan } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'

/** Replaces the composer, and explains why messages to the contact are impossible. */
export function CannotWrite({ hasOptedOut }: { hasOptedOut: boolean }) {
  return (
    <div className="dock">
      <p className="route closed">
        <Icon icon={IconBan} />
        {hasOptedOut ? (
          <Trans>הלקוח ביקש לא לקבל הודעות. אפשר לענות לו אחרי שיכתוב.</Trans>
        ) : (
          <Trans>המספר חסוי, ולכן אי אפשר לכתוב חזרה.</Trans>
        )}
      </p>
    </div>
  )
}
