import type { Schemas } from '#shared/api/client'

export type Updates = Schemas['UpdatesResponse']

/**
 * `newest` and `ahead`: the installed version is the newest known one, or newer. `off`: no checks. `never`: no check yet.
 * `failed`: no check has succeeded. `retry`: only the last check has failed. `old`: the last check is too long ago to rely on.
 */
export type VersionState = 'newest' | 'ahead' | 'off' | 'never' | 'failed' | 'retry' | 'old'

/** Three of the weekly checks. */
const OLD_MS = 21 * 86_400_000

/** Returns what the page says about the versions, besides a newer one. */
export function versionStates(updates: Updates, now: number): VersionState[] {
  const { check, installed, newest, is_newer: isNewer, checked_at: checkedAt, failed } = updates
  const states: VersionState[] = []
  if (newest && !isNewer) states.push(newest.version === installed ? 'newest' : 'ahead')
  if (check === 'off') states.push('off')
  else if (!checkedAt) states.push('never')
  if (checkedAt && !newest) states.push('failed')
  if (failed && newest && check !== 'off') states.push('retry')
  if (checkedAt && newest && now - Date.parse(checkedAt) > OLD_MS) states.push('old')
  return states
}
