import { Trans, useLingui } from '@lingui/react/macro'
import { IconX } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Icon } from './Icon'

interface Toast {
  id: number
  text: ReactNode
  kind: 'done' | 'error'
  action?: { label: ReactNode; run: () => void }
}

/** How long a toast stays; errors stay until they are closed. */
const SHOWN_MS = 8_000
/** Older ones make room. */
const MOST = 3

let toasts: readonly Toast[] = []
let next = 1
const listeners = new Set<() => void>()

function set(value: readonly Toast[]): void {
  toasts = value
  for (const listener of listeners) listener()
}

function add(made: Omit<Toast, 'id'>): number {
  const id = next++
  // The same sentence twice is one toast.
  set([...toasts.filter(({ text }) => text !== made.text), { ...made, id }].slice(-MOST))
  return id
}

/** Short messages at the bottom of the page. */
export const toast = {
  /** Something is done; `undo` takes it back. */
  done(text: ReactNode, undo?: () => void): number {
    return add({ text, kind: 'done', ...(undo && { action: { label: <Trans>ביטול</Trans>, run: undo } }) })
  },
  /** Something failed; it stays until it is closed or retried. */
  error(text: ReactNode, retry?: () => void): number {
    return add({ text, kind: 'error', ...(retry && { action: { label: <Trans>לנסות שוב</Trans>, run: retry } }) })
  },
  /** Something happens in a moment; `stop` prevents it. */
  soon(text: ReactNode, stop: () => void): number {
    return add({ text, kind: 'done', action: { label: <Trans>עצירה</Trans>, run: stop } })
  },
  /** Says something, with a way on. */
  offer(text: ReactNode, label: ReactNode, run: () => void): number {
    return add({ text, kind: 'done', action: { label, run } })
  },
  close(id: number): void {
    set(toasts.filter(toast => toast.id !== id))
  },
}

/** The place of the toasts: bottom, start side, above the bar and the composer. */
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

function ToastLine({ toast: { id, text, kind, action } }: { toast: Toast }) {
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
        <button className="btn icon" type="button" aria-label={t`סגירה`} onClick={() => toast.close(id)}>
          <Icon icon={IconX} size="s" />
        </button>
      )}
    </div>
  )
}
