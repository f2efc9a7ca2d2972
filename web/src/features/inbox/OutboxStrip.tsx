import { Plural, Trans } from '@lingui/react/macro'
import { IconAlertCircle } from '@tabler/icons-react'
import { useEffect } from 'react'
import { useLocation } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useConnection } from '#shared/events/stream'
import { useSession } from '#shared/session'
import { outbox, useRefused } from './outbox'

/** Sends the queued messages on every page, not only in their conversations. */
export function OutboxStrip() {
  const { user } = useSession()
  const connection = useConnection()
  const [path] = useLocation()
  const id = user?.id
  useEffect(() => (id === undefined ? undefined : outbox.start(id)), [id])
  useEffect(() => {
    if (connection === 'open') outbox.flush()
  }, [connection])
  const refused = useRefused().filter(({ contactId }) => path !== pageOf(contactId))
  const [first] = refused
  if (!first) return null
  return (
    <div className="strip part" role="alert">
      <Icon icon={IconAlertCircle} />
      <span className="grow">
        <Plural
          value={refused.length}
          one="הודעה שכתבתם לא נשלחה"
          two="2 הודעות שכתבתם לא נשלחו"
          other="# הודעות שכתבתם לא נשלחו"
        />
      </span>
      <Link className="btn" href={pageOf(first.contactId)}>
        <Trans>לפתיחה</Trans>
      </Link>
    </div>
  )
}

const pageOf = (contactId: number) => `/app/inbox/${contactId}`
