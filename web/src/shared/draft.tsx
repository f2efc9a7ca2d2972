import { Trans } from '@lingui/react/macro'
import { useCallback, useEffect, useRef, useState } from 'react'
import { toast } from './components/toasts'
import { keepFocusNear } from './opener'
import { ownKeys, recallOwn, rememberOwn, storedUser } from './storage'

const keyOf = (name: string) => `draft.${name}`

/** Returns the unsaved input of a form; undefined if this browser has stored none. */
export function recallDraft<T>(name: string): T | undefined {
  const kept = recallOwn(keyOf(name))
  if (kept === null) return undefined
  try {
    return JSON.parse(kept) as T
  } catch {
    return undefined
  }
}

interface Draft<T> {
  name: string
  /** The input of the form; stored as JSON. */
  value: T
  /** Whether the input differs from the saved state. Only then is a draft stored. */
  isDirty: boolean
  back: () => void
}

/**
 * Stores the input of a form in this browser until it is saved or discarded. If the user leaves the page with a draft,
 * a toast offers to return to the form. Call the returned function with the input that was sent: it ends the draft,
 * also if the form was left meanwhile.
 */
export function useDraft<T>({ name, value, isDirty, back }: Draft<T>): (saved: T) => void {
  const key = keyOf(name)
  const text = isDirty ? JSON.stringify(value) : null
  const [owner] = useState(storedUser)
  useEffect(() => rememberOwn(key, text, owner), [key, text, owner])
  const saved = useRef<string>(undefined)
  const last = useRef({ text, back })
  useEffect(() => {
    last.current = { text, back }
  })
  useEffect(
    () => () => {
      const { text, back } = last.current
      // The end of a session also leaves the page; no toast is needed then.
      if (text === null || text === saved.current || location.pathname === '/login') return
      toast.offer(<Trans>השינויים נשמרו כטיוטה. הם עוד לא בתוקף</Trans>, <Trans>חזרה לעריכה</Trans>, back)
    },
    [],
  )
  return useCallback(
    (sent: T) => {
      saved.current = JSON.stringify(sent)
      // Later input stays a draft.
      if (recallOwn(key, owner) === saved.current) rememberOwn(key, null, owner)
    },
    [key, owner],
  )
}

/** Returns the input of a form that was left without saving; undefined if there is none. Later input has no effect. */
export const useKept = <T,>(name: string): T | undefined => useState(() => recallDraft<T>(name))[0]

/** The rendered forms with `onSaved`, by the names of their drafts. */
const openForms = new Map<string, Set<(saved: string) => void>>()

/**
 * Stores the input of a small form in this browser while it differs from `saved`, so that a reload or another page does
 * not lose it. `useKept` returns it when the form is opened again; the form then shows `<KeptInput>`. Call the returned
 * function when the input was saved or discarded. With the input that was sent, it keeps input that was typed later, also
 * if the page was left before the response; spaces around texts do not count. Without it, a form that was left ends only
 * the input that it had.
 * @param onSaved Called when the form was left and opened again, and a retry of the earlier form then saves the same
 *   input. The form must not offer to save it a second time.
 */
export function useKeep<T>(name: string, value: T, saved: T, onSaved?: () => void): (sent?: T) => void {
  const key = keyOf(name)
  const text = JSON.stringify(value)
  const isDirty = text !== JSON.stringify(saved)
  const [owner] = useState(storedUser)
  const isOver = useRef(false)
  useEffect(() => {
    if (!isDirty) isOver.current = false
    if (!isOver.current) rememberOwn(key, isDirty ? text : null, owner)
  }, [key, text, isDirty, owner])
  const latest = useRef({ value, onSaved })
  useEffect(() => {
    latest.current = { value, onSaved }
  })
  const isLeft = useRef(false)
  useEffect(() => {
    isLeft.current = false
    const forms = openForms.get(name) ?? new Set()
    openForms.set(name, forms)
    const check = (input: string) => {
      if (trimmed(latest.current.value) === input) latest.current.onSaved?.()
    }
    forms.add(check)
    return () => {
      isLeft.current = true
      forms.delete(check)
    }
  }, [name])
  return useCallback(
    (sent?: T) => {
      const input = sent ?? (isLeft.current ? latest.current.value : undefined)
      if (isLeft.current) for (const check of openForms.get(name) ?? []) check(trimmed(input))
      if (input !== undefined && trimmed(recallDraft(name)) !== trimmed(input)) return
      isOver.current = true
      rememberOwn(key, null, owner)
    },
    [name, key, owner],
  )
}

const trimmed = (input: unknown) =>
  JSON.stringify(input, (_, value: unknown) => (typeof value === 'string' ? value.trim() : value))

/** Whether a form with this name has kept input. */
export const isKept = (name: string): boolean => recallOwn(keyOf(name)) !== null

/** Deletes the kept input of a form that is not rendered, or that is about to be closed. */
export const forgetDraft = (name: string): void => rememberOwn(keyOf(name), null)

/** Moves the kept input of forms about one item to those about another. A form that has input there keeps it. */
export function moveDrafts(lists: readonly string[], from: number, to: number): void {
  for (const list of lists) {
    const [old, next] = [keyOf(`${list}.${from}`), keyOf(`${list}.${to}`)]
    for (const key of ownKeys(old).filter(key => key === old || key.startsWith(`${old}.`))) {
      const target = next + key.slice(old.length)
      if (recallOwn(target) !== null) continue
      rememberOwn(target, recallOwn(key))
      rememberOwn(key, null)
    }
  }
}

/** A form of a list: 'new', or the id of an item. */
type Form = number | 'new'

/** Returns the forms of a list that were left without saving. */
const keptForms = (list: string): Form[] =>
  ownKeys(keyOf(`${list}.`)).flatMap(name => {
    const id = name.split('.').at(-1)
    return id === 'new' ? 'new' : Number(id) || []
  })

/**
 * Holds which form of a list is open. A form that was left without saving opens again by itself. `lost` is the kept
 * input of forms whose items were deleted since; `forgetLost` deletes it.
 * @param lists The names of the drafts of a form, without the id of the item.
 * @param items All items in their newest state; undefined until these are known.
 */
export function useOpenForm<T>(
  lists: readonly string[],
  items: readonly { id: number }[] | undefined,
  isAllowed = true,
): { open: Form | null; setOpen: (form: Form | null) => void; lost: readonly T[]; forgetLost: () => void } {
  const [open, setOpen] = useState<Form | null>(() => (isAllowed && lists.flatMap(keptForms)[0]) || null)
  const [lost, setLost] = useState<readonly { name: string; input: T }[]>([])
  const isChecked = useRef(false)
  useEffect(() => {
    if (!isAllowed || !items || isChecked.current) return
    isChecked.current = true
    const isGone = (form: Form | null) => typeof form === 'number' && !items.some(({ id }) => id === form)
    const names = lists.flatMap(list =>
      keptForms(list)
        .filter(isGone)
        .map(id => `${list}.${id}`),
    )
    if (names.length === 0) return
    setLost(
      names.flatMap(name => {
        const input = recallDraft<T>(name)
        return input === undefined ? [] : { name, input }
      }),
    )
    setOpen(form => (isGone(form) ? (lists.flatMap(keptForms).find(other => !isGone(other)) ?? null) : form))
  }, [isAllowed, items, lists])
  return {
    open,
    setOpen,
    lost: lost.map(({ input }) => input),
    forgetLost: () => {
      for (const { name } of lost) forgetDraft(name)
      setLost([])
    },
  }
}

/** Says that a form contains input from earlier. */
export function KeptInput({ discard }: { discard: () => void }) {
  return (
    <p className="row small muted kept-input" role="status">
      <span className="grow">
        <Trans>כאן מה שמילאתם קודם, ועוד לא נשמר.</Trans>
      </span>
      <button
        className="btn link"
        type="button"
        onClick={event => keepFocusNear(event.currentTarget.closest('form'), discard)}
      >
        <Trans>למחוק</Trans>
      </button>
    </p>
  )
}
