import { Plural, Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { NewTask } from './NewTask'
import { TaskRow } from './TaskRow'
import { openToday } from './tasks'

export const openTasks = apiQuery('/api/tasks', { query: { state: 'open', limit: 100 } })

/** The maximum number of tasks shown. The page of the tasks shows all of them. */
const MAX_TASKS = 8

export function DueTasks() {
  const format = useFormat()
  const now = useNow()
  const query = useQuery(openTasks)
  const all = query.data?.items ?? []
  const due = openToday(all, now, format)
  const later = all.length - due.length
  // Tasks beyond the first page are not counted.
  const more = query.data?.next_cursor ? '+' : ''
  return (
    <section aria-labelledby="tasks">
      <h2 id="tasks">
        <Trans>משימות</Trans>
        {due.length > 0 && (
          <span className="n num">
            {due.length}
            {more}
          </span>
        )}
      </h2>
      <Loaded query={query} skeleton={<SkeletonRows count={3} height={48} />} title={<Trans>המשימות לא נטענו</Trans>}>
        {() =>
          due.length === 0 ? (
            <EmptyState title={<Trans>אין משימות להיום</Trans>}>
              <Trans>מה שכותבים בשורה כאן למטה נשמר כמשימה. גם הסוכן פותח משימה, כשהוא מבטיח משהו ללקוח.</Trans>
            </EmptyState>
          ) : (
            <ul>
              {due.slice(0, MAX_TASKS).map(task => (
                <TaskRow key={task.id} task={task} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <NewTask />
      <Link className="btn link" href="/app/tasks">
        {due.length > MAX_TASKS && !more ? (
          <Plural value={due.length - MAX_TASKS} one="עוד משימה אחת" two="עוד שתי משימות" other="עוד # משימות" />
        ) : due.length === 0 && later > 0 ? (
          <Plural value={later} one="משימה אחת בהמשך" two="שתי משימות בהמשך" other="# משימות בהמשך" />
        ) : (
          <Trans>לכל המשימות</Trans>
        )}
      </Link>
    </section>
  )
}
