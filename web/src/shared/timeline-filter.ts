import { useLingui } from '@lingui/react/macro'

export type TimelineFilter = 'all' | 'call' | 'message' | 'appointment' | 'note' | 'task'

/** The kinds of entries of a filter, if they are not the one with its name. */
const KINDS: Partial<Record<TimelineFilter, string>> = {
  appointment: 'appointment,appointment_moved,appointment_cancelled',
  task: 'task,task_done',
}

export const kindsOf = (filter: TimelineFilter): { kinds?: string } =>
  filter === 'all' ? {} : { kinds: KINDS[filter] ?? filter }

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
