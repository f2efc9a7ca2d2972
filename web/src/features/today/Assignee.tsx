import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { useSession } from '#shared/session'
import type { Task } from './tasks'

interface Props {
  task: Task
  value: number | null
  choose: (user: number | null) => void
}

interface Person {
  id: number
  name: string
}

/** Owners choose among all users; other users choose between themselves and the current assignee. */
export function Assignee({ task, value, choose }: Props) {
  const { t } = useLingui()
  const { user, isOwner } = useSession()
  const users = useQuery({ ...apiQuery('/api/users'), enabled: isOwner })
  const known: Person[] = users.data?.items ?? (user ? [user] : [])
  const theirs = task.assignee != null ? { id: task.assignee, name: task.assignee_name ?? '' } : null
  const people = theirs && !known.some(({ id }) => id === theirs.id) ? [...known, theirs] : known
  // If there is only one user, there is nothing to choose.
  if (people.length < 2 && value === null && isOwner) return null
  return (
    <fieldset className="seg" aria-label={t`מי עושה`}>
      <button type="button" role="radio" aria-checked={value === null} onClick={() => choose(null)}>
        <Trans>מי שפנוי</Trans>
      </button>
      {people.map(({ id, name }) => (
        <button key={id} type="button" role="radio" aria-checked={value === id} onClick={() => choose(id)}>
          <bdi>{name}</bdi>
        </button>
      ))}
    </fieldset>
  )
}
