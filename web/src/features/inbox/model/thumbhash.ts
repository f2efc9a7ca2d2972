/** The average colour as CSS; undefined if there is no valid hash. */
export function averageColor(hash: string | null | undefined): string | undefined {
  if (!hash) return undefined
  let bytes: Uint8Array
  try {
    bytes = Uint8Array.from(atob(hash), char => char.charCodeAt(0))
  } catch {
    return undefined
  }
  if (bytes.length < 5) return undefined
  const header = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16)
  const l = (header & 63) / 63
  const p = ((header >> 6) & 63) / 31.5 - 1
  const q = ((header >> 12) & 63) / 31.5 - 1
  const b = l - (2 / 3) * p
  const r = (3 * l - b + q) / 2
  const g = r - q
  const part = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 255)
  return `rgb(${part(r)} ${part(g)} ${part(b)})`
}
