import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { IconListCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useSession } from '#shared/session'
import { nextOf, progressQuery } from './progress'

/** Reminds owners on the start page that the set-up is not complete, and of its next step. Skipped steps are not mentioned. */
export function SetupStrip() {
  const { i18n } = useTexts()
  const [path] = useLocation()
  const { isOwner } = useSession()
  const isShown = isOwner && path === '/app/today'
  const { data } = useQuery({ ...progressQuery, enabled: isShown })
  const next = isShown && data ? nextOf(data) : undefined
  if (!next) return null
  return (
    <div className="strip new" role="status">
      <Icon icon={IconListCheck} />
      <span className="grow">
        <Trans>ההקמה עוד לא הושלמה. השלב הבא: {i18n._(next.title)}</Trans>
      </span>
      <Link className="btn" href={`/app/setup/${next.id}`}>
        <Trans>להמשיך</Trans>
      </Link>
    </div>
  )
}
