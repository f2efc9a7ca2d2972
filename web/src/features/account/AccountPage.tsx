import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useSession } from '#shared/session'
import { PasswordForm } from './PasswordForm'
import { Sessions } from './Sessions'
import { Tokens } from './Tokens'
import { UserSessions } from './UserSessions'

export default function AccountPage() {
  const { t } = useLingui()
  const { user, role, isOwner } = useSession()
  useDocumentTitle(t`החשבון שלי`)
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <div className="page-head">
          <h1>{user ? <bdi>{user.name}</bdi> : <Trans>אסימון API</Trans>}</h1>
          <span className="chip">{role === 'owner' ? <Trans>בעלים</Trans> : <Trans>צוות</Trans>}</span>
        </div>
        <Sessions />
        {user && <PasswordForm name={user.name} />}
        {isOwner && <UserSessions />}
        {isOwner && <Tokens />}
      </main>
    </div>
  )
}
