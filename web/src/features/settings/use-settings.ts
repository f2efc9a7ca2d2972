import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { patch, useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import type { asApiError } from '#shared/api/errors'
import { queryClient } from '#shared/api/query'
import { type Locale, useLocale } from '#shared/i18n/locale'
import type { Item } from './sections'

const ROOT = '/api/settings'

/** The names and the help are in the page's language. */
const settingsQuery = (locale: Locale) =>
  queryOptions({
    queryKey: [ROOT, { locale }] as const,
    queryFn: ({ signal }) => unwrap(client.GET(ROOT, { params: { header: { 'Accept-Language': locale } }, signal })),
    // While the names in another language load, the old ones stay on the screen: otherwise the fields would be
    // unmounted and lose their input.
    placeholderData: keepPreviousData,
  })

export const useSettings = () => useQuery(settingsQuery(useLocale()))

type Page = Schemas['SettingItemPage']

const withItems = (page: Page, items: readonly Item[]): Page => {
  const byKey = new Map(items.map(item => [item.key, item]))
  return { ...page, items: page.items.map(item => byKey.get(item.key) ?? item) }
}

/**
 * Maps each version that a change of this page replaced to the version that the change created. A value that was typed
 * before the response to the previous change arrived is based on the new version, so it is not a conflict.
 */
const replacements = new Map<string, number>()
const nameOf = (key: string, version: number) => `${key}@${version}`

function latestOf(key: string, version: number): number {
  const next = replacements.get(nameOf(key, version))
  return next === undefined ? version : latestOf(key, next)
}

/** Returns the versions on which a change is based, after all earlier changes have been answered. */
const basedOn = ({ expected }: Change): Record<string, number> =>
  Object.fromEntries(Object.entries(expected).map(([key, version]) => [key, latestOf(key, version)]))

export interface Change {
  /** The new values by key; null resets a setting to its default. */
  changes: Record<string, unknown>
  /**
   * The version that the user saw, by key. If another user saved first, the change is refused with the code `changed`.
   */
  expected: Record<string, number>
}

interface Options {
  onDone?: (answer: Schemas['UpdateSettingsResponse'], change: Change) => void
  /** Handles an error. Returns true if the error is shown beside the field. */
  onError?: (error: ReturnType<typeof asApiError>, change: Change) => boolean
}

export function useChange({ onDone, onError }: Options = {}) {
  const locale = useLocale()
  const show = (items: readonly Item[]) =>
    queryClient.setQueryData(settingsQuery(locale).queryKey, page => page && withItems(page, items))
  return useAction({
    scope: ROOT,
    run: async (change: Change) => {
      const body = { ...change, expected: basedOn(change) }
      const answer = await unwrap(client.PATCH(ROOT, { params: { header: { 'Accept-Language': locale } }, body }))
      for (const { key, version } of answer.items) {
        const before = body.expected[key]
        if (before !== undefined && before !== version) replacements.set(nameOf(key, before), version)
      }
      return answer
    },
    patches: ({ changes }) => [
      patch<Page>([ROOT, { locale }], page => ({
        ...page,
        items: page.items.map(item =>
          item.key in changes && item.kind !== 'secret' ? { ...item, value: changes[item.key] ?? item.default } : item,
        ),
      })),
    ],
    onDone: (answer, change) => {
      show(answer.items)
      void queryClient.invalidateQueries({ queryKey: [`${ROOT}/history`] })
      onDone?.(answer, change)
    },
    onError: (error, change) => {
      // The response contains the other user's values; the event of their change may arrive later.
      if (error.code === 'changed') show((error.current as { items: Item[] } | undefined)?.items ?? [])
      return onError?.(error, change)
    },
  })
}
