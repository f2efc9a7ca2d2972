import { Trans } from '@lingui/react/macro'
import { IconBan } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'

/** In place of the field: why the contact cannot be written to. */
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
