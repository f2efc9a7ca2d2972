import { Trans } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Problem } from './Problem'

/** Shown in a form whose item another user has removed meanwhile (`useOpenItems`). */
export function Gone({ title }: { title?: ReactNode }) {
  return (
    <div role="alert">
      <Problem icon={IconTrash} title={title ?? <Trans>מישהו הסיר את זה בינתיים</Trans>}>
        <Trans>אי אפשר לשמור את זה. מה שכתבתם נשאר כאן, ואפשר להעתיק אותו.</Trans>
      </Problem>
    </div>
  )
}
