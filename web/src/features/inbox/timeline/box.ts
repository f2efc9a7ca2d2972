/** The box of an image of unknown size, and the maximum box. */
const UNKNOWN = { width: 240, height: 180 }
const MAX_SIZE = { width: 300, height: 340 }

/** Independent of the loaded image, so that the layout does not shift. */
export function boxOf(width: number | null | undefined, height: number | null | undefined) {
  if (!width || !height) return UNKNOWN
  const scale = Math.min(1, MAX_SIZE.width / width, MAX_SIZE.height / height)
  return { width: Math.max(64, Math.round(width * scale)), height: Math.max(64, Math.round(height * scale)) }
}
