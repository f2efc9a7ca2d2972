/** The box of a picture whose size is not known, and the largest box. */
const UNKNOWN = { width: 240, height: 180 }
const MOST = { width: 300, height: 340 }

/** The size of a picture's box; it is right before the picture is there, so that nothing jumps. */
export function boxOf(width: number | null | undefined, height: number | null | undefined) {
  if (!width || !height) return UNKNOWN
  const scale = Math.min(1, MOST.width / width, MOST.height / height)
  return { width: Math.max(64, Math.round(width * scale)), height: Math.max(64, Math.round(height * scale)) }
}
