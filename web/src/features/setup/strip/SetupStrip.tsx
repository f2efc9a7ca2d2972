import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { IconListCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useSearch } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useSession } from '#shared/session'
import { nextOf, progressQuery, STEPS, skippedOf } from './progress'

/** Links back to the step of the set-up that has opened this page; otherwise reminds of the set-up. */
export function SetupStrip() {
  const from = new URLSearchParams(useSearch()).get('setup')
  const step = STEPS.find(({ id }) => id === from)
  return step ? <WayBack step={step} /> : <Reminder />
}

function WayBack({ step }: { step: (typeof STEPS)[number] }) {
  const { i18n } = useTexts()
  return (
    <div className="strip new" role="status">
      <Icon icon={IconListCheck} />
      <span className="grow">
        <Trans>חלק מההקמה, בשלב: {i18n._(step.title)}</Trans>
      </span>
      <Link className="btn" href={`/app/setup/${step.id}`}>
        <Trans>חזרה להקמה</Trans>
      </Link>
    </div>
  )
}

/** Only for owners, on the start page. Skipped steps are mentioned once no other is open, in a line without a colour. */
function Reminder() {
  const { i18n } = useTexts()
  const [path] = useLocation()
  const { isOwner } = useSession()
  const isShown = isOwner && path === '/app/today'
  const { data } = useQuery({ ...progressQuery, enabled: isShown })
  const next = isShown && data ? nextOf(data) : undefined
  const skipped = isShown && data && !next ? skippedOf(data) : []
  if (skipped.length > 0) {
    return (
      <div className="strip skipped">
        <span className="grow">
          <Trans>שלבים בהקמה שדילגתם עליהם: {skipped.map(({ title }) => i18n._(title)).join(', ')}</Trans>
        </span>
        <Link className="btn link" href={`/app/setup/${skipped[0]?.id}`}>
          <Trans>להקמה</Trans>
        </Link>
      </div>
    )
  }
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
