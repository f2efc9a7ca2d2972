import { Trans, useLingui } from '@lingui/react/macro'
import { IconX } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Icon } from './Icon'

interface Toast {
  id: number
  text: ReactNode
  kind: 'done' | 'error'
  action?: { label: ReactNode; run: () => void }
  /** Called when the user closes the toast with its button. */
  onClose?: (() => void) | undefined
}

interface ErrorOptions extends Pick<Toast, 'onClose'> {
  /** The label of the retry. */
  label?: string
}

/** How long a toast is shown while it has neither pointer nor focus, in ms. Errors stay until they are closed. */
const SHOWN_MS = 8_000
/** The maximum number of toasts; older ones are removed, even errors. */
const MAX_TOASTS = 3

let toasts: readonly Toast[] = []
let next = 1
const listeners = new Set<() => void>()

function set(value: readonly Toast[]): void {
  toasts = value
  for (const listener of listeners) listener()
}

function add(made: Omit<Toast, 'id'>): number {
  const id = next++
  set(withToast(toasts, { ...made, id }))
  return id
}

/**
 * Adds a toast. A toast with the same text replaces the earlier one. Several actions can fail for the same reason, such
 * as a lost connection; then one button repeats all of them.
 */
export function withToast(shown: readonly Toast[], made: Toast): readonly Toast[] {
  const same = shown.find(({ text }) => text === made.text)
  const earlier = made.kind === 'error' ? same?.action : undefined
  const { action = earlier } = made
  const run = () => {
    earlier?.run()
    made.action?.run()
  }
  return [
    ...shown.filter(one => one !== same),
    { ...made, ...(action && { action: earlier ? { ...action, run } : action }) },
  ].slice(-MAX_TOASTS)
}

export const toast = {
  /** `undo` reverses the action. */
  done(text: string, undo?: () => void): number {
    return add({ text, kind: 'done', ...(undo && { action: { label: <Trans>ביטול</Trans>, run: undo } }) })
  },
  /** Shows an error. It stays until the user closes or retries it, or newer toasts take its place. */
  error(text: string, retry?: () => void, { label, onClose }: ErrorOptions = {}): number {
    const action = retry && { label: label ?? <Trans>לנסות שוב</Trans>, run: retry }
    return add({ text, kind: 'error', onClose, ...(action && { action }) })
  },
  /** The action will run soon; `stop` prevents it. */
  soon(text: string, stop: () => void): number {
    return add({ text, kind: 'done', action: { label: <Trans>עצירה</Trans>, run: stop } })
  },
  offer(text: ReactNode, label: ReactNode, run: () => void): number {
    return add({ text, kind: 'done', action: { label, run } })
  },
  close(id: number): void {
    set(toasts.filter(toast => toast.id !== id))
  },
}

/** At the bottom of the start side, above the bottom bar and the composer. */
export function Toasts() {
  const { t } = useLingui()
  const shown = useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <section className="toasts" aria-label={t`הודעות`}>
      {shown.map(one => (
        <ToastLine key={one.id} toast={one} />
      ))}
    </section>
  )
}

function ToastLine({ toast: { id, text, kind, action, onClose } }: { toast: Toast }) {
  const { t } = useLingui()
  const [isHeld, setHeld] = useState(false)
  const left = useRef(SHOWN_MS)
  useEffect(() => {
    if (kind === 'error' || isHeld) return
    const began = performance.now()
    const timer = setTimeout(() => toast.close(id), left.current)
    return () => {
      clearTimeout(timer)
      left.current -= performance.now() - began
    }
  }, [id, kind, isHeld])
  const hold = { onMouseEnter: () => setHeld(true), onMouseLeave: () => setHeld(false) }
  return (
    <div
      className={`toast ${kind}`}
      role={kind === 'error' ? 'alert' : 'status'}
      data-held={isHeld || undefined}
      {...hold}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className="grow">{text}</span>
      {action && (
        <button
          className="btn"
          type="button"
          onClick={() => {
            toast.close(id)
            action.run()
          }}
        >
          {action.label}
        </button>
      )}
      {(kind === 'error' || !action) && (
        <button
          className="btn icon"
          type="button"
          aria-label={t`סגירה`}
          onClick={() => {
            toast.close(id)
            onClose?.()
          }}
        >
          <Icon icon={IconX} size="s" />
        </button>
      )}
    </div>
  )
}
