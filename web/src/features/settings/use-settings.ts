import { queryOptions, useQuery } from '@tanstack/react-query'
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
  })

export const useSettings = () => useQuery(settingsQuery(useLocale()))

type Page = Schemas['SettingItemPage']

/** Puts values into the cached list. */
const withItems = (page: Page, items: readonly Item[]): Page => {
  const byKey = new Map(items.map(item => [item.key, item]))
  return { ...page, items: page.items.map(item => byKey.get(item.key) ?? item) }
}

interface Options {
  onDone?: (answer: Schemas['ChangeSettingsResponse'], changes: Record<string, unknown>) => void
  /** True if the error is shown beside the field. */
  onError?: (error: ReturnType<typeof asApiError>) => boolean
}

/** Changes settings; the page shows the new values at once. */
export function useChange({ onDone, onError }: Options = {}) {
  const locale = useLocale()
  return useAction({
    run: (changes: Record<string, unknown>) =>
      unwrap(client.PATCH(ROOT, { params: { header: { 'Accept-Language': locale } }, body: { changes } })),
    patches: changes => [
      patch<Page>([ROOT, { locale }], page => ({
        ...page,
        items: page.items.map(item =>
          item.key in changes && item.kind !== 'secret' ? { ...item, value: changes[item.key] ?? item.default } : item,
        ),
      })),
    ],
    onDone: (answer, changes) => {
      queryClient.setQueryData(settingsQuery(locale).queryKey, page => page && withItems(page, answer.items))
      void queryClient.invalidateQueries({ queryKey: [`${ROOT}/history`] })
      onDone?.(answer, changes)
    },
    ...(onError && { onError }),
  })
}
