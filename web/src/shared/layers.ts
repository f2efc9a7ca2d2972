import { newKey } from './api/client'
import { setOwnStep } from './back-guard'

/** The layers above the page (dialogs, sheets, the palette) by their id, in the order in which they were opened. */
const open = new Map<string, () => void>()

/** The layers whose history entries are the newest ones, oldest first. */
let entries: string[] = []

/** The browser answers `history.go` with `popstate`. If it does not, the layers continue after this time, in ms. */
const MAX_WAIT_MS = 500

/** Set while the page itself goes back in the history. */
let returning: ReturnType<typeof setTimeout> | undefined
let scheduled: ReturnType<typeof setTimeout> | undefined

/** What waits until the page itself has gone back. */
const waiting: (() => void)[] = []

/** The state of a history entry: the layer that it belongs to, or the URL of the entry before it. */
interface EntryState {
  layer?: string
  before?: string
}

const entryState = (): EntryState => (history.state as EntryState | null) ?? {}
const current = (): string | undefined => entryState().layer

/** The URL of the history entry before the current one, if the page has added the current one. */
export const urlBefore = (): string | undefined => entryState().before

type Navigate = (to: string, options?: { replace?: boolean; state?: EntryState }) => void

/** Runs after the page itself has gone back in the history: at once if it does not go back now. */
export function whenReturned(run: () => void): void {
  if (returning === undefined) run()
  else waiting.push(run)
}

/**
 * Navigates to another URL. A link in a layer replaces the layer's history entry; it would otherwise remain as an entry
 * that shows nothing of its own. The entries of other layers below it are left first: the page would leave such an
 * entry at once, so that the browser's forward button could not pass it.
 */
export function navigateFrom(navigate: Navigate, to: string, options?: { replace?: boolean }): void {
  whenReturned(() => {
    const isLayer = current() !== undefined
    // The layer's entry shows this page already, and goes when the layer closes.
    if (isLayer && to === location.pathname + location.search) return
    const depth = entries.indexOf(current() ?? '') + 1
    if (depth > 1) {
      entries = []
      goBack(depth)
      whenReturned(() => navigateFrom(navigate, to))
      return
    }
    const replace = isLayer || options?.replace === true
    // A layer's entry has the URL of the entry before it.
    const before = replace && !isLayer ? urlBefore() : location.pathname + location.search
    navigate(to, { ...options, replace, state: { before } })
  })
}

/**
 * Adds a history entry for a layer, so that the back button and the back gesture of a phone close the layer and do not
 * leave the page. Returns a function that removes the layer and its entry.
 */
export function addLayer(close: () => void): () => void {
  const id = newKey()
  open.set(id, close)
  schedule()
  return () => {
    open.delete(id)
    schedule()
  }
}

/** Delayed, because a layer often opens when another one closes, and the strict mode of React mounts twice. */
function schedule(): void {
  clearTimeout(scheduled)
  scheduled = setTimeout(update)
}

/** Makes the history entries match the open layers. */
function update(): void {
  if (returning !== undefined) return
  // A link in a layer has led to another page, or has replaced the entry.
  entries = entries.slice(0, entries.indexOf(current() ?? '') + 1)
  // An entry whose layer is closed, for example since a reload, is left at once.
  const here = current()
  if (here !== undefined && entries.length === 0) entries = [here]
  const wanted = [...open.keys()]
  const common = wanted.findIndex((id, at) => entries[at] !== id)
  const kept = common < 0 ? Math.min(wanted.length, entries.length) : common
  const [surplus, missing] = [entries.length - kept, wanted.slice(kept)]
  if (surplus === 1 && missing.length > 0) {
    // The new layer takes over the entry.
    history.replaceState({ layer: missing.shift() }, '')
  } else if (surplus > 0) {
    entries = entries.slice(0, kept)
    goBack(surplus)
    return
  }
  for (const layer of missing) history.pushState({ layer }, '')
  entries = wanted
}

/** Only for times at which the page does not go back already (`whenReturned`). */
export function goBack(count = 1): void {
  returning = setTimeout(returned, MAX_WAIT_MS)
  setOwnStep(true)
  history.go(-count)
}

function returned(): void {
  clearTimeout(returning)
  returning = undefined
  setOwnStep(false)
  // What waited may itself go back.
  while (returning === undefined && waiting.length > 0) waiting.shift()?.()
  schedule()
}

window.addEventListener('popstate', () => {
  if (returning !== undefined) return returned()
  const left = entries.slice(entries.indexOf(current() ?? '') + 1)
  entries = entries.slice(0, entries.length - left.length)
  for (const id of left.reverse()) open.get(id)?.()
  // A layer that stays open, because it asks first, gets its entry again.
  schedule()
})

// The page may have been reloaded on the entry of a layer.
schedule()
