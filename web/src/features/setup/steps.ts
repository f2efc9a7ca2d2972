import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { patch, useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { useLocale } from '#shared/i18n/locale'
import { useSession } from '#shared/session'
import { PROGRESS, type Progress, progressQuery, STEPS, type StepId } from './strip/progress'

export { STEPS, type StepId }

type Item = Schemas['SettingItem']

/** All settings by key, in the page's language. */
export function useSettingItems() {
  const locale = useLocale()
  return useQuery(
    queryOptions({
      queryKey: ['/api/settings', { locale }] as const,
      queryFn: ({ signal }) =>
        unwrap(client.GET('/api/settings', { params: { header: { 'Accept-Language': locale } }, signal })),
      // While the names in another language load, nothing is drawn again: what was entered would be lost.
      placeholderData: keepPreviousData,
    }),
  )
}

/** What the steps are derived from. */
export interface Facts {
  items: ReadonlyMap<string, Item>
  pointsHere: boolean
  isLinked: boolean
  hasHours: boolean
  hasServices: boolean
  hasCalls: boolean
  hasGreeting: boolean
  /** An engine of the agent has all that it needs, with or without OpenAI. */
  hasAgent: boolean
  /** The agent has answered in a trial call. */
  hasTried: boolean
  /** The steps that an owner has skipped, on any device. */
  skipped: ReadonlySet<StepId>
}

const isSet = (item: Item | undefined) =>
  item !== undefined && (item.kind === 'secret' ? item.secret_set : item.value !== null && item.value !== '')

/** Whether a step is proved. */
export function isDone(step: StepId, facts: Facts): boolean {
  const has = (key: string) => isSet(facts.items.get(key))
  switch (step) {
    case 'name':
      return has('business.name')
    case 'address':
      return String(facts.items.get('http.public_base_url')?.value ?? '').startsWith('https://')
    case 'phone':
      return facts.pointsHere
    case 'whatsapp':
      return facts.isLinked || has('twilio.wa_from')
    case 'ai':
      return has('openai.api_key') || facts.hasAgent
    case 'greeting':
      return facts.hasGreeting
    case 'business':
      return facts.hasHours && facts.hasServices
    case 'agent':
      return facts.hasTried
    case 'call':
      return facts.hasCalls
  }
}

export const numbersQuery = { ...apiQuery('/api/twilio/numbers'), retry: false }

/** Everything that the steps are derived from; undefined until the settings are there. */
export function useFacts(): Facts | undefined {
  const settings = useSettingItems()
  const items = new Map((settings.data?.items ?? []).map(item => [item.key, item]))
  const hasAccount = isSet(items.get('twilio.account_sid')) && isSet(items.get('twilio.auth_token'))
  const numbers = useQuery({ ...numbersQuery, enabled: hasAccount })
  const bridge = useQuery(apiQuery('/api/whatsapp/bridge'))
  const hours = useQuery(apiQuery('/api/opening-hours'))
  const services = useQuery(apiQuery('/api/services'))
  const greeting = useQuery(apiQuery('/api/greeting'))
  const calls = useQuery(apiQuery('/api/calls', { query: { limit: 1 } }))
  const { isOwner } = useSession()
  const progress = useQuery({ ...progressQuery, enabled: isOwner })
  // Without the skipped steps, one of them would be shown as the next.
  if (!settings.data || progress.isPending) return undefined
  return {
    items,
    pointsHere: numbers.data?.items.some(number => number.points_here) ?? false,
    isLinked: bridge.data?.connected ?? false,
    hasHours: (hours.data?.hours.length ?? 0) > 0,
    hasServices: (services.data?.items.length ?? 0) > 0,
    hasGreeting: greeting.data !== undefined && greeting.data.source !== 'shipped',
    hasCalls: (calls.data?.calls.length ?? 0) > 0,
    hasAgent: progress.data?.proved.includes('ai') ?? false,
    hasTried: Boolean(progress.data?.agent_answered_at),
    skipped: new Set(progress.data?.skipped),
  }
}

/** Skips a step for now, or takes it up again. */
export const useSkip = () =>
  useAction({
    run: (body: { step: StepId; skipped: boolean }) => unwrap(client.PUT(PROGRESS, { body })),
    patches: ({ step, skipped }) => [
      patch<Progress>([PROGRESS], progress => ({
        ...progress,
        skipped: skipped ? [...progress.skipped, step] : progress.skipped.filter(one => one !== step),
      })),
    ],
    onDone: progress => queryClient.setQueryData(progressQuery.queryKey, progress),
  })

/** The steps that are neither proved nor skipped. */
export const openSteps = (facts: Facts): (typeof STEPS)[number][] =>
  STEPS.filter(({ id }) => !isDone(id, facts) && !facts.skipped.has(id))

/** The step at which the set-up continues. */
export const nextStep = (facts: Facts): StepId => openSteps(facts)[0]?.id ?? 'call'

/** The codes by which mobile networks forward calls (3GPP TS 22.030); an operator may use others. */
export const FORWARDING = ['61', '67', '62', '21'] as const

/** The number as it is dialled inside its country. */
export const dialled = (number: string): string => number.replace(/^\+972/, '0')
