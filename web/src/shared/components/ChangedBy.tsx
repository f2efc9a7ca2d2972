import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'

interface Props {
  /** The user who was first; none if it was a command or the machine. */
  name: string | null | undefined
  /** What the other one has set; none for a secret. */
  theirs?: ReactNode
  /** What was refused; none where the field shows it. */
  mine?: ReactNode
  /** The two buttons, where it is not a text that is saved or kept. */
  mineLabel?: ReactNode
  theirsLabel?: ReactNode
  onMine: () => void
  onTheirs: () => void
}

/** A change was refused because another user was first: both values, and the choice. */
export function ChangedBy({ name, theirs, mine, mineLabel, theirsLabel, onMine, onTheirs }: Props) {
  return (
    <div className="conflict" role="alert">
      <p>
        {name ? (
          <Trans>
            בינתיים זה השתנה, על ידי <bdi className="strong">{name}</bdi>
          </Trans>
        ) : (
          <Trans>בינתיים זה השתנה</Trans>
        )}
        {theirs !== undefined && <>: {theirs}</>}
      </p>
      {mine !== undefined && (
        <p>
          <Trans>שלכם, שלא נשמר: {mine}</Trans>
        </p>
      )}
      <div className="row wrap">
        <button className="btn" type="button" onClick={onMine}>
          {mineLabel ?? <Trans>לשמור את שלי</Trans>}
        </button>
        <button className="btn quiet" type="button" onClick={onTheirs}>
          {theirsLabel ?? <Trans>להשאיר את של האחר</Trans>}
        </button>
      </div>
    </div>
  )
}
