import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { useLocale } from '#shared/i18n/locale'
import { recall, remember } from '#shared/storage'

export type StepId = 'name' | 'address' | 'phone' | 'whatsapp' | 'ai' | 'greeting' | 'business' | 'call'

/** The steps after the owner's account, in their order. */
export const STEPS: readonly { id: StepId; title: MessageDescriptor }[] = [
  { id: 'name', title: msg`שם העסק` },
  { id: 'address', title: msg`כתובת מאובטחת` },
  { id: 'phone', title: msg`טלפון` },
  { id: 'whatsapp', title: msg`WhatsApp` },
  { id: 'ai', title: msg`מפתח AI` },
  { id: 'greeting', title: msg`ברכת פתיחה` },
  { id: 'business', title: msg`שעות ושירותים` },
  { id: 'call', title: msg`להתקשר עכשיו` },
]

type Item = Schemas['SettingItem']

/** All settings by key, in the page's language. */
export function useSettingItems() {
  const locale = useLocale()
  return useQuery(
    queryOptions({
      queryKey: ['/api/settings', { locale }] as const,
      queryFn: ({ signal }) =>
        unwrap(client.GET('/api/settings', { params: { header: { 'Accept-Language': locale } }, signal })),
    }),
  )
}

/** What the steps are derived from; nothing about them is stored. */
export interface Facts {
  items: ReadonlyMap<string, Item>
  pointsHere: boolean
  isLinked: boolean
  hasHours: boolean
  hasServices: boolean
  hasCalls: boolean
  hasGreeting: boolean
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
      return has('openai.api_key')
    case 'greeting':
      return facts.hasGreeting
    case 'business':
      return facts.hasHours && facts.hasServices
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
  if (!settings.data) return undefined
  return {
    items,
    pointsHere: numbers.data?.items.some(number => number.points_here) ?? false,
    isLinked: bridge.data?.connected ?? false,
    hasHours: (hours.data?.hours.length ?? 0) > 0,
    hasServices: (services.data?.items.length ?? 0) > 0,
    hasGreeting: greeting.data !== undefined && greeting.data.source !== 'shipped',
    hasCalls: (calls.data?.calls.length ?? 0) > 0,
  }
}

const SKIPPED = 'setup-skipped'

/** The steps that this browser has skipped. */
export const skippedSteps = (): ReadonlySet<string> => new Set((recall(SKIPPED) ?? '').split(' ').filter(Boolean))

export function skipStep(step: StepId): void {
  remember(SKIPPED, [...new Set([...skippedSteps(), step])].join(' '))
}

/** The steps that are neither proved nor skipped. */
export const openSteps = (facts: Facts): (typeof STEPS)[number][] => {
  const skipped = skippedSteps()
  return STEPS.filter(({ id }) => !isDone(id, facts) && !skipped.has(id))
}

/** The step at which the set-up goes on. */
export const nextStep = (facts: Facts): StepId => openSteps(facts)[0]?.id ?? 'call'

/** The codes by which mobile networks forward calls (3GPP TS 22.030); an operator may use others. */
export const FORWARDING = ['61', '67', '62', '21'] as const

/** The number as it is dialled inside its country. */
export const dialled = (number: string): string => number.replace(/^\+972/, '0')
