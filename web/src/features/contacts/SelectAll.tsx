import { Plural, Trans } from '@lingui/react/macro'

interface Props {
  /** The number of loaded contacts. */
  count: number
  isLoading: boolean
  load: () => void
  cancel: () => void
}

/** Says that only loaded contacts are selected, and offers to load and select all that match the filter. */
export function SelectAll({ count, isLoading, load, cancel }: Props) {
  return (
    <p className="row wrap small select-all" role="status">
      {isLoading ? (
        <>
          <span>
            <Plural value={count} one="נטען לקוח אחד…" two="נטענו שני לקוחות…" other="נטענו # לקוחות…" />
          </span>
          <button className="btn link" type="button" onClick={cancel}>
            <Trans>עצירה</Trans>
          </button>
        </>
      ) : (
        <>
          <span>
            <Plural
              value={count}
              one="נבחר רק הלקוח שנטען."
              two="נבחרו רק שני הלקוחות שנטענו."
              other="נבחרו רק # הלקוחות שנטענו."
            />
          </span>
          <button className="btn link" type="button" onClick={load}>
            <Trans>לבחור את כל הלקוחות שמתאימים לסינון</Trans>
          </button>
        </>
      )}
    </p>
  )
}
