import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { patch, useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import type { asApiError } from '#shared/api/errors'
import { queryClient } from '#shared/api/query'
import { type Locale, useLocale } from '#shared/i18n/locale'
import type { Item } from './sections'

const ROOT = '/api/settings'

/** All settings; their names and help are in the page's language. */
const settingsQuery = (locale: Locale) =>
  queryOptions({
    queryKey: [ROOT, { locale }] as const,
    queryFn: ({ signal }) => unwrap(client.GET(ROOT, { params: { header: { 'Accept-Language': locale } }, signal })),
    // While the names in another language load, nothing is drawn again: what was entered would be lost.
    placeholderData: keepPreviousData,
  })

export const useSettings = () => useQuery(settingsQuery(useLocale()))

type Page = Schemas['SettingItemPage']

/** Puts values into the cached list. */
const withItems = (page: Page, items: readonly Item[]): Page => {
  const byKey = new Map(items.map(item => [item.key, item]))
  return { ...page, items: page.items.map(item => byKey.get(item.key) ?? item) }
}

/**
 * What this page's own changes made of the versions that they replaced. A value that was typed before the answer to the last change had
 * arrived is based on what that change made, not overtaken by it.
 */
const replacements = new Map<string, number>()
const nameOf = (key: string, version: number) => `${key}@${version}`

function latestOf(key: string, version: number): number {
  const next = replacements.get(nameOf(key, version))
  return next === undefined ? version : latestOf(key, next)
}

/** The versions on which a change is based, once all changes before it are answered. */
const basedOn = ({ expected }: Change): Record<string, number> =>
  Object.fromEntries(Object.entries(expected).map(([key, version]) => [key, latestOf(key, version)]))

export interface Change {
  /** The new values by key; null resets a setting. */
  changes: Record<string, unknown>
  /** By key, the version that the user saw. If another user was first, the change is refused as `changed`. */
  expected: Record<string, number>
}

interface Options {
  onDone?: (answer: Schemas['ChangeSettingsResponse'], change: Change) => void
  /** True if the error is shown beside the field. */
  onError?: (error: ReturnType<typeof asApiError>, change: Change) => boolean
}

/** Changes settings; the page shows the new values at once. */
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
      // The answer has what the other user has set; the event of that change may still be on its way.
      if (error.code === 'changed') show((error.current as { items: Item[] } | undefined)?.items ?? [])
      return onError?.(error, change)
    },
  })
}
