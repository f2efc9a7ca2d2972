import { keepPreviousData, queryOptions, useQueries, useQuery } from '@tanstack/react-query'
import { patch, useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { useLocale } from '#shared/i18n/locale'
import { useSession } from '#shared/session'
import { PROGRESS, type Progress, progressQuery, STEPS, type StepId } from './strip/progress'

export { STEPS, type StepId }

type Item = Schemas['SettingItem']

export function useSettingItems() {
  const locale = useLocale()
  return useQuery(
    queryOptions({
      queryKey: ['/api/settings', { locale }] as const,
      queryFn: ({ signal }) =>
        unwrap(client.GET('/api/settings', { params: { header: { 'Accept-Language': locale } }, signal })),
      // While the texts in another language load, the old ones stay on the screen: otherwise the fields would be
      // unmounted and lose their input.
      placeholderData: keepPreviousData,
    }),
  )
}

export interface Facts {
  items: ReadonlyMap<string, Item>
  pointsHere: boolean
  isLinked: boolean
  hasHours: boolean
  hasServices: boolean
  /** A caller has heard the agent on the telephone. */
  hasAnswered: boolean
  hasGreeting: boolean
  /** An engine of the agent has all required settings, with or without OpenAI. */
  hasAgent: boolean
  /** The agent has answered in a trial call. */
  hasTried: boolean
  /** The steps that an owner has skipped, on any device. */
  skipped: ReadonlySet<StepId>
}

const isSet = (item: Item | undefined) =>
  item !== undefined && (item.kind === 'secret' ? item.secret_set : item.value !== null && String(item.value) !== '')

const hasAccount = (items: Facts['items']) =>
  isSet(items.get('twilio.account_sid')) && isSet(items.get('twilio.auth_token'))

/** Whether Twilio can be given an address of this machine. */
export const hasAddress = ({ items }: Facts): boolean =>
  isSet(items.get('http.public_base_url')) || isSet(items.get('tls.domain'))

/** Skipping a step does not complete it. */
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
      return facts.isLinked || (has('twilio.wa_from') && hasAccount(facts.items))
    case 'ai':
      return has('openai.api_key') || facts.hasAgent
    case 'greeting':
      return facts.hasGreeting
    case 'business':
      return facts.hasHours && facts.hasServices
    case 'agent':
      return facts.hasTried
    case 'call':
      return facts.hasAnswered
  }
}

export const CHECKS_PATH = '/api/checks'

const CHECKS: { step: StepId; check: Schemas['SettingsCheck'] }[] = [
  { step: 'address', check: 'address' },
  { step: 'whatsapp', check: 'twilio' },
  { step: 'ai', check: 'ai' },
]

/**
 * Checks the saved values of the completed steps in `CHECKS`, because a value that worked once, or came from a file,
 * may not work. Returns the answers for the steps with an error.
 */
export function useFailedChecks(facts: Facts): ReadonlyMap<StepId, Schemas['CheckResponse']> {
  const locale = useLocale()
  // If the bridge is linked, its state replaces the check of Twilio.
  const isChecked = (step: StepId) => isDone(step, facts) && !(step === 'whatsapp' && facts.isLinked)
  const results = useQueries({
    queries: CHECKS.map(({ step, check }) => ({
      queryKey: [CHECKS_PATH, { check, locale }] as const,
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        const params = { header: { 'Accept-Language': locale } }
        return unwrap(client.POST(CHECKS_PATH, { params, body: { check }, signal }))
      },
      enabled: isChecked(step),
      placeholderData: keepPreviousData<Schemas['CheckResponse']>,
      retry: false,
      // The check of the AI opens a session with the provider, which can cost money.
      staleTime: 600_000,
      refetchOnMount: (query: { state: { data?: Schemas['CheckResponse'] | undefined } }) =>
        query.state.data?.ok === false ? ('always' as const) : true,
    })),
  })
  return new Map(
    CHECKS.flatMap(({ step }, at) => {
      const answer = results[at]?.data
      return answer && !answer.ok && isChecked(step) ? [[step, answer] as const] : []
    }),
  )
}

export const numbersQuery = { ...apiQuery('/api/twilio/numbers'), retry: false }

/** Undefined until the settings and the progress are loaded. */
export function useFacts(): Facts | undefined {
  const settings = useSettingItems()
  const items = new Map((settings.data?.items ?? []).map(item => [item.key, item]))
  const numbers = useQuery({ ...numbersQuery, enabled: hasAccount(items) })
  const bridge = useQuery(apiQuery('/api/whatsapp/bridge'))
  const hours = useQuery(apiQuery('/api/opening-hours'))
  const services = useQuery(apiQuery('/api/services'))
  const greeting = useQuery(apiQuery('/api/greeting'))
  const { isOwner } = useSession()
  const progress = useQuery({ ...progressQuery, enabled: isOwner })
  // Wait for the progress: without it, a skipped step would be shown as the next one.
  if (!settings.data || progress.isPending) return undefined
  return {
    items,
    pointsHere: numbers.data?.items.some(number => number.points_here) ?? false,
    isLinked: bridge.data?.connected ?? false,
    // Those of a new installation are a guess, until a user saves or confirms them.
    hasHours: progress.data?.has_opening_hours ?? (hours.data?.hours.length ?? 0) > 0,
    hasServices: (services.data?.items.length ?? 0) > 0,
    hasGreeting: greeting.data !== undefined && greeting.data.source !== 'shipped',
    hasAnswered: progress.data?.completed.includes('call') ?? false,
    hasAgent: progress.data?.completed.includes('ai') ?? false,
    hasTried: Boolean(progress.data?.agent_answered_at),
    skipped: new Set(progress.data?.skipped),
  }
}

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

export const openSteps = (facts: Facts): (typeof STEPS)[number][] =>
  STEPS.filter(({ id }) => !isDone(id, facts) && !facts.skipped.has(id))

export const nextStep = (facts: Facts): StepId => openSteps(facts)[0]?.id ?? 'call'

/** The codes with which mobile networks forward calls (3GPP TS 22.030). Some operators use others. */
export const FORWARDING = ['61', '67', '62', '21'] as const

/** Bezeq's service «עקוב אחרי», which forwards all calls of a landline (bezeq.co.il, services with an asterisk, 72). */
export const BEZEQ = { on: '*72', off: '#72' } as const

/** A bare domain gets the scheme that an address needs; other texts are unchanged. */
export function withScheme(typed: string): string {
  const text = typed.trim()
  return /^[^\s/:.]+(\.[^\s/:.]+)+(:\d+)?\/?$/.test(text) ? `https://${text}` : text
}

/** An Israeli number gets the national format for dialling in Israel; others are unchanged. */
export const dialled = (number: string, country: string): string =>
  country === 'IL' ? number.replace(/^\+972/, '0') : number
