import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import type { Schemas } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Ltr, Time } from '#shared/components/text'
import { useFormat } from '#shared/session'
import { DownloadBackup } from './DownloadBackup'

type Snapshot = Schemas['Snapshot']

/** The number of backups shown before the user expands the list. */
const SHOWN = 5

export function Snapshots({ snapshots }: { snapshots: readonly Snapshot[] }) {
  const [isAll, setAll] = useState(false)
  const [asked, setAsked] = useState<string>()
  if (snapshots.length === 0) {
    return (
      <p className="muted">
        <Trans>כאן יופיעו עותקים מאומתים של מסד הנתונים.</Trans>
      </p>
    )
  }
  const shown = isAll ? snapshots : snapshots.slice(0, SHOWN)
  const rest = snapshots.length - shown.length
  return (
    <>
      <ul className="entries">
        {shown.map(snapshot => (
          <Line
            key={snapshot.name}
            snapshot={snapshot}
            isAsked={asked === snapshot.name}
            onAsk={isAsked => setAsked(isAsked ? snapshot.name : undefined)}
          />
        ))}
      </ul>
      {rest > 0 && (
        <button className="btn quiet" type="button" onClick={() => setAll(true)}>
          <Trans>
            להראות עוד <Ltr>{rest}</Ltr>
          </Trans>
        </button>
      )}
    </>
  )
}

interface LineProps {
  snapshot: Snapshot
  isAsked: boolean
  onAsk: (isAsked: boolean) => void
}

function Line({ snapshot, isAsked, onAsk }: LineProps) {
  const { t } = useLingui()
  const format = useFormat()
  const { name, kind, created_at, bytes, encrypted } = snapshot
  const size = format.bytes(bytes)
  return (
    <li>
      <div className="grow">
        <p className="strong">
          <Time at={created_at} style="full" />{' '}
          <span className="chip">
            <Kind kind={kind} />
          </span>
          {encrypted && (
            <span className="chip">
              <Trans>מוצפן</Trans>
            </span>
          )}
        </p>
        <p className="small muted">
          <Ltr>{name}</Ltr>
        </p>
      </div>
      <span className="muted num">
        <Ltr>{size}</Ltr>
      </span>
      <button
        className="btn"
        type="button"
        aria-expanded={isAsked}
        aria-label={t`הורדה: ${name}`}
        onClick={() => onAsk(!isAsked)}
      >
        <Icon icon={IconDownload} size="s" />
        <Trans>הורדה</Trans>
      </button>
      {isAsked && <DownloadBackup name={name} size={size} isEncrypted={encrypted} onClose={() => onAsk(false)} />}
    </li>
  )
}

function Kind({ kind }: { kind: string }) {
  switch (kind) {
    case 'nightly':
      return <Trans>לילי</Trans>
    case 'manual':
      return <Trans>ידני</Trans>
    case 'pre-upgrade':
      return <Trans>לפני עדכון</Trans>
    case 'pre-migration':
      return <Trans>לפני שינוי מבנה</Trans>
    default:
      return <bdi>{kind}</bdi>
  }
}
