import { Trans } from '@lingui/react/macro'
import { IconLock } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Ltr } from '#shared/components/text'
import type { Item } from './sections'

export function Locked({ item }: { item: Item }) {
  return (
    <p className="src">
      <Icon icon={IconLock} size="s" />
      <span>
        <Reason item={item} />
      </span>
    </p>
  )
}

function Reason({ item: { locked_reason, file, line, variable, key } }: { item: Item }) {
  switch (locked_reason) {
    case 'file':
      return line ? (
        <Trans>
          נקבע בקובץ <Ltr>{file}</Ltr>, שורה <Ltr>{line}</Ltr>. כדי לשנות כאן, מוחקים את השורה משם.
        </Trans>
      ) : (
        <Trans>
          נקבע בקובץ <Ltr>{file}</Ltr>. כדי לשנות כאן, מוחקים אותו משם.
        </Trans>
      )
    case 'credential':
      return <Trans>נקבע בקובץ סודות של שירות המכונה. כדי לשנות כאן, מסירים אותו משם.</Trans>
    case 'environment':
      return (
        <Trans>
          נקבע במשתנה הסביבה <Ltr>{variable}</Ltr>. כדי לשנות כאן, מסירים אותו משם.
        </Trans>
      )
    case 'last_good':
      return <Trans>קובץ ההגדרות לא תקין, ולכן בתוקף הערך התקין האחרון. מתקנים את הקובץ במכונה.</Trans>
    case 'start':
      return (
        <Trans>
          נחוץ לפני שמסד הנתונים נפתח, ולכן נקבע רק בקובץ ההגדרות של המכונה, בשם <Ltr>{key}</Ltr>.
        </Trans>
      )
    default:
      return (
        <Trans>
          קשור לקבצים של המכונה, ולכן נקבע רק בקובץ ההגדרות שלה, בשם <Ltr>{key}</Ltr>.
        </Trans>
      )
  }
}
