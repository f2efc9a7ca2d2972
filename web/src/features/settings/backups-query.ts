import { apiQuery } from '#shared/api/query'
import type { Locale } from '#shared/i18n/locale'

/** The errors are in the page's language. */
export const backupsQuery = (locale: Locale) => apiQuery('/api/backups', { header: { 'Accept-Language': locale } })
