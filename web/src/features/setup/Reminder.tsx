import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { IconListCheck } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { openSteps, useFacts } from './steps'

/** The set-up is not complete, and which step is next. Skipped steps are not mentioned. */
export default function Reminder() {
  const { i18n } = useTexts()
  const facts = useFacts()
  const open = facts ? openSteps(facts) : []
  const next = open[0]
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
