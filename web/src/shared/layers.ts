import { newKey } from './api/client'

/** The layers above the page (dialogs, sheets, the palette) by their id, in the order in which they were opened. */
const open = new Map<string, () => void>()

/** The layers whose history entries are the newest ones, oldest first. */
let entries: string[] = []

/** The browser answers `history.go` with `popstate`. If it does not, the layers continue after this time, in ms. */
const MAX_WAIT_MS = 500

/** Set while the page itself goes back in the history. */
let returning: ReturnType<typeof setTimeout> | undefined
let scheduled: ReturnType<typeof setTimeout> | undefined

const current = (): string | undefined => (history.state as { layer?: string } | null)?.layer

/** Whether the current history entry is that of a layer, which a link in the layer should replace. */
export const isLayer = (): boolean => current() !== undefined

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
  const wanted = [...open.keys()]
  const common = wanted.findIndex((id, at) => entries[at] !== id)
  const kept = common < 0 ? Math.min(wanted.length, entries.length) : common
  const [surplus, missing] = [entries.length - kept, wanted.slice(kept)]
  if (surplus === 1 && missing.length > 0) {
    // The new layer takes over the entry.
    history.replaceState({ layer: missing.shift() }, '')
  } else if (surplus > 0) {
    returning = setTimeout(returned, MAX_WAIT_MS)
    entries = entries.slice(0, kept)
    history.go(-surplus)
    return
  }
  for (const layer of missing) history.pushState({ layer }, '')
  entries = wanted
}

function returned(): void {
  clearTimeout(returning)
  returning = undefined
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
