import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconX } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Icon } from './Icon'

interface Toast {
  id: number
  text: ReactNode
  /** `waiting` is an error whose cause is over, so that the user can retry. */
  kind: 'done' | 'error' | 'waiting'
  action?: Action
  /** Reverse the actions that the toast reports, in the order in which these were done. */
  undos?: readonly Undo[]
  /** Whether an earlier undo with the same text is no longer valid after this action. */
  isOnlyUndo?: boolean
  /** The undo button says «להחזיר», because the action was a cancellation. */
  isRestore?: boolean
  /** Whether an outage of the connection is the cause of the error. */
  isOutage?: boolean
  /** Called when the user closes the toast with its button. */
  onClose?: (() => void) | undefined
}

interface Action {
  label: ReactNode
  /** What the button does; several retries if several actions have failed. */
  runs: readonly Run[]
}

interface Run {
  run: () => void
  /** Identifies the request that has failed. Once it has succeeded in another way, it must not be repeated. */
  request?: string | undefined
}

type Undo = () => unknown

interface ErrorOptions extends Pick<Toast, 'onClose' | 'isOutage'> {
  /** The label of the retry. */
  label?: string
  request?: string | undefined
}

/** How long a toast of the kind `done` is shown while it has neither pointer nor focus, in ms. */
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
 * as a lost connection; then one button repeats all of them. One button also undoes all actions with the same text.
 */
export function withToast(shown: readonly Toast[], made: Toast): readonly Toast[] {
  const same = shown.find(({ text }) => text === made.text)
  const earlier = made.kind === 'error' ? same?.action : undefined
  const undos = made.undos && [...(made.isOnlyUndo ? [] : (same?.undos ?? [])), ...made.undos]
  const runs = [...(earlier?.runs ?? []), ...(made.action?.runs ?? [])]
  const action = (made.action ?? earlier) && { label: (made.action ?? earlier)?.label, runs }
  return [...shown.filter(one => one !== same), { ...made, ...(action && { action }), ...(undos && { undos }) }].slice(
    -MAX_TOASTS,
  )
}

/** Replaces the errors of an outage that is over by one toast with this text, whose button repeats all failed actions. */
export function withoutOutage(shown: readonly Toast[], made: Pick<Toast, 'id' | 'text'>): readonly Toast[] {
  const failed = shown.flatMap(({ isOutage, action }) => (isOutage && action ? [action] : []))
  const [first] = failed
  const others = shown.filter(({ isOutage }) => !isOutage)
  if (!first) return others
  const runs = failed.flatMap(({ runs }) => runs)
  return [...others, { ...made, kind: 'waiting', action: { ...first, runs } }]
}

/** Removes the retries of a request that has succeeded since, and the toasts that have no other retry. */
export function withoutRetry(shown: readonly Toast[], request: string): readonly Toast[] {
  const isOver = (run: Run) => run.request === request
  if (!shown.some(({ action }) => action?.runs.some(isOver))) return shown
  return shown.flatMap(one => {
    if (!one.action?.runs.some(isOver)) return one
    const runs = one.action.runs.filter(run => !isOver(run))
    return runs.length > 0 ? { ...one, action: { ...one.action, runs } } : []
  })
}

/** Runs them in reverse, one after another: a later action can be based on an earlier one. */
export async function undoAll(undos: readonly Undo[]): Promise<void> {
  for (const undo of [...undos].reverse()) await undo()
}

export const toast = {
  /** `undo` reverses the action. */
  done(text: string, undo?: Undo, { isOnlyUndo = false, isRestore = false } = {}): number {
    return add({ text, kind: 'done', isOnlyUndo, ...(isRestore && { isRestore }), ...(undo && { undos: [undo] }) })
  },
  /**
   * Shows an error. It stays until the user closes or retries it, newer toasts take its place, or the outage that caused
   * it is over.
   */
  error(text: string, retry?: () => void, { label, request, onClose, isOutage = false }: ErrorOptions = {}): number {
    const action = retry && { label: label ?? <Trans>לנסות שוב</Trans>, runs: [{ run: retry, request }] }
    return add({ text, kind: 'error', onClose, isOutage, ...(action && { action }) })
  },
  /** An outage is over: offers to repeat the actions that it made fail. */
  endOutage(text: ReactNode): void {
    if (toasts.some(({ isOutage }) => isOutage)) set(withoutOutage(toasts, { id: next++, text }))
  },
  /** A request has succeeded: no toast repeats it. */
  endRetry(request: string): void {
    const left = withoutRetry(toasts, request)
    if (left !== toasts) set(left)
  },
  /** The action will run soon; `stop` prevents it. */
  soon(text: string, stop: () => void): number {
    return add({ text, kind: 'done', action: { label: <Trans>עצירה</Trans>, runs: [{ run: stop }] } })
  },
  offer(text: ReactNode, label: ReactNode, run: () => void): number {
    return add({ text, kind: 'done', action: { label, runs: [{ run }] } })
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

function ToastLine({
  toast: { id, text, kind, undos, isRestore, action = undos && actionOf(undos, isRestore), onClose },
}: {
  toast: Toast
}) {
  const { t } = useLingui()
  const [isHeld, setHeld] = useState(false)
  const left = useRef(SHOWN_MS)
  useEffect(() => {
    if (kind !== 'done' || isHeld) return
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
            for (const { run } of action.runs) run()
          }}
        >
          {action.label}
        </button>
      )}
      {(kind !== 'done' || !action) && (
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

const actionOf = (undos: readonly Undo[], isRestore = false): Action => ({
  label: isRestore ? (
    <Trans>להחזיר</Trans>
  ) : (
    <Plural value={undos.length} one="ביטול" two="ביטול שתי הפעולות" other="ביטול # הפעולות" />
  ),
  runs: [{ run: () => void undoAll(undos) }],
})
