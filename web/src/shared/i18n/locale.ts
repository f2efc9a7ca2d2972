import { i18n, type Messages } from '@lingui/core'
import { useLingui } from '@lingui/react'
import { recall, remember } from '../storage'

/** The languages of the page. */
export type Locale = 'he' | 'en'

type Catalog = () => Promise<{ messages: Messages }>
const catalogs = import.meta.glob<{ messages: Messages }>(['../../app/locales/*.po', '../../features/*/locales/*.po'])
/** The features whose texts are loaded; a change of the language loads them again. */
const loaded = new Set<string>(['app'])

/** The language that this browser was last used in, else its own. */
export function initialLocale(): Locale {
  const known = recall('language')
  if (known === 'he' || known === 'en') return known
  return navigator.languages.some(language => /^(he|iw)\b/i.test(language)) || !navigator.language ? 'he' : 'en'
}

const loaderOf = (part: string, locale: string): Catalog | undefined =>
  catalogs[part === 'app' ? `../../app/locales/${locale}.po` : `../../features/${part}/locales/${locale}.po`]

/** Loads the texts of a feature in the current language; they are there before its page is drawn. */
export async function loadTexts(feature: string): Promise<void> {
  loaded.add(feature)
  const found = await loaderOf(feature, i18n.locale)?.()
  if (found) i18n.load(i18n.locale, found.messages)
}

/** Switches the page to a language. */
export async function activateLocale(locale: Locale): Promise<void> {
  const parts = await Promise.all([...loaded].map(part => loaderOf(part, locale)?.()))
  for (const part of parts) if (part) i18n.load(locale, part.messages)
  i18n.activate(locale)
  const root = document.documentElement
  root.lang = locale
  root.dir = directionOf(locale)
}

/** Switches, and remembers it for this browser. */
export async function chooseLocale(locale: Locale): Promise<void> {
  remember('language', locale)
  await activateLocale(locale)
}

/** The direction of a language's script, by the browser's own data. */
export function directionOf(locale: string): 'rtl' | 'ltr' {
  const known = new Intl.Locale(locale) as Intl.Locale & {
    getTextInfo?: () => { direction?: string }
    textInfo?: { direction?: string }
  }
  const direction = known.getTextInfo?.().direction ?? known.textInfo?.direction
  return (direction ?? (locale === 'he' ? 'rtl' : 'ltr')) === 'rtl' ? 'rtl' : 'ltr'
}

/** The language in use. */
export function useLocale(): Locale {
  return useLingui().i18n.locale === 'en' ? 'en' : 'he'
}
