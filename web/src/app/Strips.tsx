import { Trans } from '@lingui/react/macro'
import { IconCloudOff, IconRefresh, IconWifiOff } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { retrySilent, useSilentFailure, useStaleSince } from '#shared/api/failures'
import { Icon } from '#shared/components/Icon'
import { toast } from '#shared/components/toasts'
import { type Connection, useConnection, useLostAt } from '#shared/events/stream'
import { fromDevice, useNow } from '#shared/format/clock'
import { hasNewVersion } from '#shared/page-version'
import { useFormat } from '#shared/session'
import { features } from './registry'

/** A shorter loss of connection (in ms), such as a restart of the daemon, shows no strip. */
const OFFLINE_DELAY_MS = 2_500
/** After this time, in ms, components that show their own error have rendered it. */
const SAID_MS = 500

export function Strips() {
  const connection = useConnection()
  const isOffline = useLasting(connection === 'lost', OFFLINE_DELAY_MS)
  const isOld = useNewVersion(connection)
  const isPartial = useLasting(useSilentFailure(), SAID_MS)
  const lostAt = useLostAt()
  const staleSince = useStaleSince()
  const isStale = useLasting(staleSince !== undefined, SAID_MS)
  useEffect(() => {
    if (connection === 'open') toast.endOutage(<Trans>החיבור חזר. מה שלא נשמר אפשר לשמור עכשיו.</Trans>)
  }, [connection])
  return (
    <div className="strips">
      {features.map(({ id, Strip }) => Strip && <Strip key={id} />)}
      {isOffline && (
        <div className="strip off" role="status">
          <Icon icon={IconWifiOff} />
          <span className="grow">
            <Trans>אין חיבור למכונה. הודעות שתכתבו ללקוחות יישלחו כשהחיבור יחזור. שינויים אחרים לא יישמרו עד אז.</Trans>{' '}
            <AsOf at={oldest(lostAt, staleSince)} />
          </span>
        </div>
      )}
      {(isPartial || isStale) && connection !== 'lost' && (
        <div className="strip part" role="alert">
          <Icon icon={IconCloudOff} />
          <span className="grow">
            {isPartial ? (
              <Trans>חלק מהדף לא נטען. מה שמוצג כאן לא שלם.</Trans>
            ) : (
              <>
                <Trans>חלק מהדף לא התעדכן.</Trans> <AsOf at={staleSince} />
              </>
            )}
          </span>
          <button className="btn" type="button" onClick={retrySilent}>
            <Trans>לנסות שוב</Trans>
          </button>
        </div>
      )}
      {isOld && !isOffline && (
        <div className="strip new" role="status">
          <Icon icon={IconRefresh} />
          <span className="grow">
            <Trans>יש גרסה חדשה של הדף</Trans>
          </span>
          <button className="btn" type="button" onClick={() => location.reload()}>
            <Trans>רענון</Trans>
          </button>
        </div>
      )}
    </div>
  )
}

const oldest = (...times: (number | undefined)[]) =>
  times.reduce((a, b) => (a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)))

/** The time up to which the shown data is current. */
function AsOf({ at }: { at: number | undefined }) {
  const format = useFormat()
  const now = useNow()
  if (at === undefined) return null
  const time = fromDevice(at)
  return format.daysFrom(time, now) === 0 ? (
    <Trans>מה שמוצג נכון ל־{format.time(time)}.</Trans>
  ) : (
    <Trans>
      מה שמוצג נכון ל־{format.date(time, now)}, {format.time(time)}.
    </Trans>
  )
}

function useLasting(condition: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!condition) return setLasts(false)
    const timer = setTimeout(() => setLasts(true), ms)
    return () => clearTimeout(timer)
  }, [condition, ms])
  return lasts
}

/** Whether the daemon serves another build. Checked after each reconnection: an upgrade restarts the daemon. */
function useNewVersion(connection: Connection): boolean {
  const [isOld, setOld] = useState(false)
  useEffect(() => {
    if (connection !== 'open') return
    const asked = new AbortController()
    const ask = () => hasNewVersion(asked.signal).then(answer => answer !== undefined && setOld(answer))
    void ask()
    // A chunk fails to load because it belongs to an earlier build or because the connection is lost. Only the daemon's
    // answer tells which.
    addEventListener('vite:preloadError', ask)
    return () => {
      asked.abort()
      removeEventListener('vite:preloadError', ask)
    }
  }, [connection])
  return isOld
}
