import { Trans } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconArrowLeft, IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useSession } from '#shared/session'
import { Icon } from './Icon'
import { Link } from './Link'
import { Problem } from './Problem'
import '#shared/styles/editors.css'

interface Props {
  title: string
  lead: ReactNode
  action?: ReactNode
  /** Whether only owners may change the page's data; staff then see a notice, a general one or this one. */
  ownerOnly?: ReactNode
  children: ReactNode
}

export function EditorPage({ title, lead, action, ownerOnly = false, children }: Props) {
  useDocumentTitle(title)
  const { isOwner } = useSession()
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <Link className="btn quiet back phone-only" href="/app/settings">
          <Icon icon={IconArrowLeft} size="s" />
          <Trans>הגדרות</Trans>
        </Link>
        <div className="page-head">
          <h1 className="grow">{title}</h1>
          {action}
        </div>
        <p className="muted lead">{lead}</p>
        {ownerOnly && !isOwner && (
          <Problem
            icon={IconLock}
            level="plain"
            title={ownerOnly === true ? <Trans>רק בעלי העסק משנים את זה. כאן רואים מה בתוקף.</Trans> : ownerOnly}
          />
        )}
        {children}
      </main>
    </div>
  )
}
