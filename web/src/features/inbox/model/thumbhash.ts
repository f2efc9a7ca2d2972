import { thumbHashToDataURL } from 'thumbhash'

/** The previews of the images that were shown last, because decoding takes a millisecond, and a list renders often. */
const previews = new Map<string, string | undefined>()
const MAX_PREVIEWS = 200

/** A blurred preview of an image, as a data URL; undefined if there is no valid hash. */
export function previewOf(hash: string | null | undefined): string | undefined {
  if (!hash) return undefined
  if (!previews.has(hash)) {
    if (previews.size >= MAX_PREVIEWS) previews.clear()
    previews.set(hash, decode(hash))
  }
  return previews.get(hash)
}

function decode(hash: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(hash), char => char.charCodeAt(0))
    return bytes.length < 5 ? undefined : thumbHashToDataURL(bytes)
  } catch {
    return undefined
  }
}
