import { useLingui } from '@lingui/react/macro'

export type TimelineFilter = 'all' | 'call' | 'message' | 'appointment' | 'note' | 'task'

export const kindsOf = (filter: TimelineFilter): { kinds?: string } =>
  filter === 'all' ? {} : { kinds: filter === 'task' ? 'task,task_done' : filter }

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
