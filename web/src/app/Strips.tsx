import { Trans } from '@lingui/react/macro'
import { IconCloudOff, IconRefresh, IconWifiOff } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { retrySilent, useSilentFailure } from '#shared/api/failures'
import { Icon } from '#shared/components/Icon'
import { type Connection, useConnection } from '#shared/events/stream'
import { hasNewVersion } from './page-version'
import { features } from './registry'

/** A short gap, such as a restart of the daemon, is not worth a strip. */
const PATIENCE_MS = 2_500
/** What shows its own error does so by then. */
const SAID_MS = 500

/** What stands above all pages, only when there is something to say. */
export function Strips() {
  const connection = useConnection()
  const isOffline = useLasting(connection === 'lost', PATIENCE_MS)
  const isOld = useNewVersion(connection)
  const isPartial = useLasting(useSilentFailure(), SAID_MS)
  return (
    <div className="strips">
      {features.map(({ id, Strip }) => Strip && <Strip key={id} />)}
      {isOffline && (
        <div className="strip off" role="status">
          <Icon icon={IconWifiOff} />
          <span className="grow">
            <Trans>אין חיבור למכונה. מה שתכתבו יישמר ויישלח כשהחיבור יחזור.</Trans>
          </span>
        </div>
      )}
      {isPartial && connection !== 'lost' && (
        <div className="strip part" role="alert">
          <Icon icon={IconCloudOff} />
          <span className="grow">
            <Trans>חלק מהדף לא נטען. מה שמוצג כאן לא שלם.</Trans>
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

/** True once the condition has lasted. */
function useLasting(condition: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!condition) return setLasts(false)
    const timer = setTimeout(() => setLasts(true), ms)
    return () => clearTimeout(timer)
  }, [condition, ms])
  return lasts
}

/** True when the daemon serves another build of the page: asked after each reconnection, since an upgrade restarts the daemon. */
function useNewVersion(connection: Connection): boolean {
  const [isOld, setOld] = useState(false)
  useEffect(() => {
    if (connection !== 'open') return
    const asked = new AbortController()
    const ask = () => hasNewVersion(asked.signal).then(answer => answer !== undefined && setOld(answer))
    void ask()
    // A missing chunk is one of an earlier build, or there is no connection; only the daemon can tell.
    addEventListener('vite:preloadError', ask)
    return () => {
      asked.abort()
      removeEventListener('vite:preloadError', ask)
    }
  }, [connection])
  return isOld
}
