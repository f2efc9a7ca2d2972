import { Trans } from '@lingui/react/macro'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { guardBack } from '#shared/back-guard'
import { useReturnFocus } from '#shared/opener'
import { useUnsaved } from '#shared/unsaved'

export interface Leaving {
  onDirty: (isDirty: boolean) => void
  /** Whether the question is shown. */
  asks: boolean
  keepEditing: () => void
}

/**
 * Protects a form from being closed accidentally, for example by a click outside or the browser's back button. For a
 * changed form, `leave` shows a question first; a second `leave`, or the back button, then closes the form.
 */
export function useLeave(close: () => void): Leaving & { leave: () => void } {
  const [isDirty, setDirty] = useState(false)
  // A key that is pressed right after an input can arrive before the component renders the new state.
  const dirty = useRef(false)
  const [asks, setAsks] = useState(false)
  useUnsaved(isDirty)
  useEffect(() => {
    if (!isDirty || asks) return
    const { href } = location
    const { state } = history
    return guardBack(event => {
      event.stopImmediatePropagation()
      history.pushState(state, '', href)
      setAsks(true)
    })
  }, [isDirty, asks])
  return {
    onDirty: useCallback((isDirty: boolean) => {
      dirty.current = isDirty
      setDirty(isDirty)
    }, []),
    asks,
    keepEditing: () => setAsks(false),
    leave: () => (dirty.current && !asks ? setAsks(true) : close()),
  }
}

/** Ends the form's draft if the form is closed after the question, which says that the input is deleted. */
export function useEndOnClose({ asks }: Leaving, end: () => void): void {
  const latest = useRef({ asks, end })
  latest.current = { asks, end }
  useEffect(
    () => () => {
      if (latest.current.asks) latest.current.end()
    },
    [],
  )
}

interface FootProps extends Leaving {
  question: ReactNode
  /** Shown above the buttons. */
  note?: ReactNode
  close: () => void
  children: ReactNode
}

export function LeaveFoot({ asks, keepEditing, question, note, close, children }: FootProps) {
  if (!asks) {
    return (
      <div className="ap-foot" key="buttons">
        {note}
        {children}
      </div>
    )
  }
  // The key gives the question its own buttons: a press of one that became the button that submits would submit the form.
  return (
    <Question key="question" keepEditing={keepEditing} close={close}>
      {question}
    </Question>
  )
}

/** Takes the focus, because the field that has it may be far away, and returns it to the field. */
function Question({ keepEditing, close, children }: Pick<FootProps, 'keepEditing' | 'close' | 'children'>) {
  useReturnFocus()
  return (
    <div className="ap-foot">
      <p className="ask" role="alert">
        {children}
      </p>
      {/* biome-ignore lint/a11y/noAutofocus: the user has just tried to close the form. */}
      <button className="btn pen" type="button" autoFocus onClick={keepEditing}>
        <Trans>להמשיך למלא</Trans>
      </button>
      <button className="btn" type="button" onClick={close}>
        <Trans>לסגור</Trans>
      </button>
    </div>
  )
}
