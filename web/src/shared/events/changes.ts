import type { QueryClient } from '@tanstack/react-query'

/** A change, as `/api/events` reports it. A newer daemon may send kinds that this page does not know. */
export interface Change {
  seq: number
  at: string
  kind: string
  thread_id: number | null
  ref_id: number | null
}

/** For each kind of change, the API paths whose cached responses it invalidates. A path includes the paths below it. */
export type ChangeMap = Record<string, readonly string[]>

const map = new Map<string, Set<string>>()

/** Adds paths to the map. Each feature registers the paths that it fetches. */
export function registerChanges(more: ChangeMap): void {
  for (const [kind, paths] of Object.entries(more)) {
    const known = map.get(kind) ?? new Set()
    for (const path of paths) known.add(path)
    map.set(kind, known)
  }
}

registerChanges({
  message_created: ['/api/threads', '/api/inbox', '/api/contacts'],
  message_updated: ['/api/threads', '/api/inbox', '/api/contacts'],
  message_deleted: ['/api/threads', '/api/inbox', '/api/contacts'],
  thread_updated: ['/api/threads', '/api/inbox', '/api/contacts'],
  draft_updated: ['/api/threads', '/api/inbox'],
  contact_updated: [
    '/api/contacts',
    '/api/threads',
    '/api/inbox',
    '/api/calls',
    '/api/merge-suggestions',
    '/api/database',
  ],
  contact_deleted: ['/api/merge-suggestions', '/api/database'],
  merge_suggestion_updated: ['/api/merge-suggestions'],
  call_started: ['/api/page-rings', '/api/calls', '/api/threads', '/api/inbox', '/api/contacts'],
  call_updated: ['/api/page-rings', '/api/calls', '/api/threads', '/api/inbox', '/api/contacts'],
  call_ended: ['/api/page-rings', '/api/calls', '/api/threads', '/api/inbox', '/api/contacts'],
  turn_updated: ['/api/calls/{id}'],
  bridge_updated: ['/api/whatsapp/bridge', '/api/threads/{id}/route'],
  alert_updated: ['/api/alerts', '/api/answering', '/api/database'],
  self_check_updated: ['/api/self-check'],
  // A conversation contains the price of its message routes, which comes from the settings.
  setting_updated: ['/api/settings', '/api/session', '/api/answering', '/api/threads'],
  opening_hours_updated: ['/api/answering'],
  answering_updated: ['/api/answering'],
  user_updated: ['/api/users', '/api/session'],
  token_updated: ['/api/tokens'],
})

export const rootsOf = (kind: string): ReadonlySet<string> => map.get(kind) ?? new Set()

export function concerns(path: string, roots: ReadonlySet<string>): boolean {
  for (const root of roots) if (path === root || path.startsWith(`${root}/`)) return true
  return false
}

/** Returns true if the cached data belongs to another thread or call than the change, which cannot affect it then. */
function isOtherItem(params: unknown, path: string, change: Change): boolean {
  const id = (params as { path?: { id?: unknown } } | undefined)?.path?.id
  if (id === undefined) return false
  if (path.startsWith('/api/threads/{id}') && change.thread_id !== null) return Number(id) !== change.thread_id
  if (path.startsWith('/api/calls/{id}') && /^(call|turn)_/.test(change.kind) && change.ref_id !== null) {
    // The `ref_id` of a turn's change is the id of its call.
    return Number(id) !== change.ref_id
  }
  return false
}

/** Data on the screen is fetched again at once. */
export function applyChanges(cache: QueryClient, changes: readonly Change[]): void {
  void cache.invalidateQueries({
    predicate: ({ queryKey: [path, params] }) =>
      typeof path === 'string' &&
      changes.some(change => {
        const roots = map.get(change.kind)
        return roots !== undefined && concerns(path, roots) && !isOtherItem(params, path, change)
      }),
  })
}
