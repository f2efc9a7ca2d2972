import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { patch, useAction } from '../api/action'
import { useFetchAgain } from '../api/aging'
import { client, type Schemas, unwrap } from '../api/client'
import { apiQuery, queryClient } from '../api/query'
import { serverNow } from '../format/clock'
import { useSession } from '../session'

export type Answering = Schemas['Answering']
export type Mode = Schemas['AnswerMode']

export type Choice = Pick<Answering, 'mode' | 'until'>

export const answeringQuery = apiQuery('/api/answering')

const show = (answering: Answering) => queryClient.setQueryData(answeringQuery.queryKey, answering)
const send = ({ mode, until }: Choice) =>
  unwrap(client.PUT('/api/answering', { body: { mode, ...(until && { until }) } }))

/** Fetches the answer again when the choice ends, because no event reports the end. */
export function useAnswering() {
  const query = useQuery(answeringQuery)
  const until = query.data?.until
  useFetchAgain(until ? [until] : undefined, query.refetch)
  return query
}

/**
 * What the set-up lacks to answer calls: a number whose calls arrive here, or an engine of the agent with all its
 * settings. Undefined until it is known, and for staff, who cannot read the state of the set-up.
 */
export function useLacks(): { phone: boolean; agent: boolean } | undefined {
  const { isOwner } = useSession()
  const { data } = useQuery({ ...apiQuery('/api/setup/progress'), enabled: isOwner })
  return data && { phone: !data.completed.includes('phone'), agent: !data.completed.includes('ai') }
}

/** The action can be undone. */
export function useSwitch() {
  const { t } = useLingui()
  return useAction({
    run: ({ to }: { from: Choice; to: Choice }) => send(to),
    scope: 'answering',
    patches: ({ to }) => [patch<Answering>(answeringQuery.queryKey, data => ({ ...data, ...to }))],
    done: ({ to }) =>
      to.mode === 'agent'
        ? t`מהשיחה הבאה הסוכן עונה מיד`
        : to.mode === 'ring'
          ? t`מהשיחה הבאה מצלצל קודם אצלכם`
          : t`מהשיחה הבאה עונים לפי ההגדרות`,
    undo: async ({ from }) => {
      // If the earlier choice has ended in the meantime, the settings apply again.
      const isOver = from.until && new Date(from.until) <= serverNow()
      show(await send(isOver ? { mode: 'settings' } : from))
    },
    onDone: show,
  })
}
