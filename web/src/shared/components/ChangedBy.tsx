import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'

interface Props {
  /** The name of the user who saved first; null or undefined if it is unknown, or if no user made the change. */
  name: string | null | undefined
  /** The value that the other user saved; undefined for a secret. */
  theirs?: ReactNode
  /** The refused value; undefined if the field itself shows it. */
  mine?: ReactNode
  /** The labels of the two buttons, if they are not those for saving or keeping a text. */
  mineLabel?: ReactNode
  theirsLabel?: ReactNode
  onMine: () => void
  onTheirs: () => void
}

/** Shown when a change was refused because another user saved first: both values, and buttons to choose one. */
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
