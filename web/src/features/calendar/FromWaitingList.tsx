import { Trans } from '@lingui/react/macro'
import { Dot, Plain } from '#shared/components/text'
import type { WaitingEntry } from './data'
import { WaitingDays } from './WaitingDays'

interface Props {
  entry: WaitingEntry
  /** Whether the requested service was removed. */
  isRemoved: boolean
  /** Whether the booking removes the entry from the waiting list. */
  leaves: boolean
  /**
   * Changes `leaves`; undefined if the form was opened from the waiting list, because the entry is always removed then.
   */
  choose: ((leaves: boolean) => void) | undefined
}

export function FromWaitingList({ entry, isRemoved, leaves, choose }: Props) {
  return (
    <div className="note">
      <p>
        {choose ? (
          <>
            <Trans>הלקוח ברשימת ההמתנה לשירות הזה</Trans>
            <Dot />
            <WaitingDays entry={entry} />
          </>
        ) : (
          <>
            <Trans>מרשימת ההמתנה</Trans>
            <Dot />
            <WaitingDays entry={entry} />
          </>
        )}
      </p>
      {!choose && (
        <p>
          {isRemoved ? (
            <Trans>
              ביקש: <bdi>{entry.service_name}</bdi> (השירות הוסר). בחרו לו שירות אחר
            </Trans>
          ) : (
            <Trans>
              ביקש: <bdi>{entry.service_name}</bdi>
            </Trans>
          )}
        </p>
      )}
      {entry.note && (
        <p>
          <Plain text={entry.note} />
        </p>
      )}
      {choose ? (
        <label className="row">
          <input type="checkbox" checked={leaves} onChange={event => choose(event.target.checked)} />
          <Trans>אחרי הקביעה להסיר מהרשימה</Trans>
        </label>
      ) : (
        <p className="small muted">
          <Trans>אחרי הקביעה הלקוח יורד מהרשימה.</Trans>
        </p>
      )}
    </div>
  )
}
