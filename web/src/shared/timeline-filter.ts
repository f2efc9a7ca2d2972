import { useLingui } from '@lingui/react/macro'

/** A choice of entries of a contact's timeline. */
export type TimelineFilter = 'all' | 'call' | 'message' | 'appointment' | 'note' | 'task'

/** Returns the query parameter that requests only the entries of a filter. */
export const kindsOf = (filter: TimelineFilter): { kinds?: string } =>
  filter === 'all' ? {} : { kinds: filter === 'task' ? 'task,task_done' : filter }

/** Returns the filters with their names. */
export function useTimelineFilters(): [TimelineFilter, string][] {
  const { t } = useLingui()
  return [
    ['all', t`הכול`],
    ['call', t`שיחות`],
    ['message', t`הודעות`],
    ['appointment', t`תורים`],
    ['note', t`הערות`],
    ['task', t`משימות`],
  ]
}
