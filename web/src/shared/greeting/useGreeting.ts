import { useLingui } from '@lingui/react/macro'
import { useAction } from '../api/action'
import { client, type Schemas, unwrap } from '../api/client'
import { apiQuery, queryClient } from '../api/query'
import { upload } from '../api/upload'
import type { Sound } from './sound'

export type Greeting = Schemas['GreetingResponse']

export const greetingQuery = apiQuery('/api/greeting')

/** The maximum length of a greeting, in ms: a caller must wait for its end. */
export const MAX_MS = 10_000

const choose = (id: number | undefined) =>
  id === undefined
    ? unwrap(client.DELETE('/api/greeting'))
    : unwrap(client.POST('/api/greeting/choose', { body: { id } }))

const show = (greeting: Greeting) => queryClient.setQueryData(greetingQuery.queryKey, greeting)
const currentOf = (greeting: Greeting | undefined) => greeting?.recordings.find(({ is_current }) => is_current)?.id

async function send({ file }: Sound, name: string | undefined): Promise<Greeting> {
  const media = await upload<Schemas['UploadedFile']>({ path: '/api/media', body: file })
  return unwrap(client.PUT('/api/greeting', { body: { media_id: media.id, ...(name && { name }) } }))
}

/** Each action can be undone. */
export function useGreetingActions() {
  const { t } = useLingui()
  const before = () => currentOf(queryClient.getQueryData(greetingQuery.queryKey))
  const undo = async ({ was }: { was: number | undefined }) => show(await choose(was))
  const done = () => t`מהשיחה הבאה המתקשרים שומעים את הברכה הזאת`
  const use = useAction({
    run: ({ sound, name }: { sound: Sound; name?: string | undefined; was: number | undefined }) => send(sound, name),
    done,
    undo,
    onDone: show,
  })
  const goBack = useAction({
    run: ({ id }: { id?: number | undefined; was: number | undefined }) => choose(id),
    done,
    undo,
    onDone: show,
  })
  return {
    isPending: use.isPending || goBack.isPending,
    use: (sound: Sound, name: string | undefined, onSuccess: () => void) =>
      use.mutate({ sound, name, was: before() }, { onSuccess }),
    /** Without an id, the built-in greeting. */
    goBack: (id?: number) => goBack.mutate({ id, was: before() }),
  }
}
