import { Trans } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'
import { useUnsaved } from '#shared/unsaved'

/** Asks whether to throw away what was filled in. */
export interface Leaving {
  onDirty: (isDirty: boolean) => void
  /** Whether it asks at the moment. */
  asks: boolean
  goOn: () => void
}

/** Lets a press beside a form close it at once only while nothing was filled in; after the question, the next press closes it. */
export function useLeave(close: () => void): Leaving & { leave: () => void } {
  const [isDirty, onDirty] = useState(false)
  const [asks, setAsks] = useState(false)
  useUnsaved(isDirty)
  return {
    onDirty,
    asks,
    goOn: () => setAsks(false),
    leave: () => (isDirty && !asks ? setAsks(true) : close()),
  }
}

/** The foot of a form: its button, or the question. */
export function LeaveFoot(props: Leaving & { question: ReactNode; close: () => void; children: ReactNode }) {
  const { asks, goOn, question, close, children } = props
  if (!asks) return <div className="ap-foot">{children}</div>
  return (
    <div className="ap-foot">
      <p className="ask" role="alert">
        {question}
      </p>
      <button className="btn pen" type="button" onClick={goOn}>
        <Trans>להמשיך למלא</Trans>
      </button>
      <button className="btn" type="button" onClick={close}>
        <Trans>לסגור</Trans>
      </button>
    </div>
  )
}
