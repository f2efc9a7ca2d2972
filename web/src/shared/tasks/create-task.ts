import { useLingui } from '@lingui/react/macro'
import { client, type Schemas, unwrap } from '../api/client'
import { creations } from '../api/creation'
import { toast } from '../components/toasts'
import { isolate } from '../format/bidi'

type Task = Schemas['Task']
type Body = Schemas['CreateTaskRequest']

const add = (body: Body, key: string) =>
  unwrap(client.POST('/api/tasks', { body, params: { header: { 'Idempotency-Key': key } } }))

export const remove = (id: number, headers: Record<string, string> = {}) =>
  unwrap(client.DELETE('/api/tasks/{id}', { params: { path: { id } }, headers }))

/** By the names of the forms, because a form that was left and opened again has the same input. */
const forms = new Map<string, ReturnType<typeof creations<Body, Task>>>()

function creationOf(form: string) {
  const create = forms.get(form) ?? creations<Body, Task>()
  forms.set(form, create)
  return create
}

/**
 * Returns a function that creates the tasks of a form. If another task is created after a lost response, it shows the
 * first one, and calls `onUndo` when the user deletes it.
 */
export function useCreateTask(form: string, onUndo: () => void) {
  const { t } = useLingui()
  return (body: Body): Promise<Task> =>
    creationOf(form)(body, {
      send: add,
      settle: async ({ id, title }) => {
        toast.done(t`גם המשימה הקודמת נוספה: ${isolate(title)}`, () => remove(id).then(onUndo))
        return 'keep'
      },
    })
}
