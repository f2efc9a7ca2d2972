import { useEffect } from 'react'
import { useConnection } from '#shared/events/stream'
import { useSession } from '#shared/session'
import { outbox } from './outbox'

/** Sends the messages that were written without a connection, on every page. Renders nothing. */
export function OutboxKeeper() {
  const { user } = useSession()
  const connection = useConnection()
  const id = user?.id
  useEffect(() => (id === undefined ? undefined : outbox.start(id)), [id])
  useEffect(() => {
    if (connection === 'open') outbox.flush()
  }, [connection])
  return null
}
