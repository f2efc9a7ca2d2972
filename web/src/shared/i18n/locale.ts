import { type I18n, i18n, type Messages, setupI18n } from '@lingui/core'
import { I18nProvider, useLingui } from '@lingui/react'
import { type ComponentType, createElement } from 'react'
import { recall, remember, stored } from '../storage'

export type Locale = 'he' | 'en'

type Catalog = () => Promise<{ messages: Messages }>
const catalogs = import.meta.glob<{ messages: Messages }>(['../../app/locales/*.po', '../../features/*/locales/*.po'])
/** The texts of the shell, for each language. */
const shell = new Map<string, Messages>()
/**
 * The texts of each loaded feature, combined with those of the shell. Each feature has its own instance, because the
 * same Hebrew text may have a different English translation in another feature.
 */
const features = new Map<string, I18n>()

/**
 * Returns the language last chosen in this browser; otherwise Hebrew if the browser's languages include it or are not
 * known, and English if not.
 */
export function initialLocale(): Locale {
  const known = recall('language')
  if (known === 'he' || known === 'en') return known
  return navigator.languages.some(language => /^(he|iw)\b/i.test(language)) || !navigator.language ? 'he' : 'en'
}

const loaderOf = (part: string, locale: string): Catalog | undefined =>
  catalogs[part === 'app' ? `../../app/locales/${locale}.po` : `../../features/${part}/locales/${locale}.po`]

async function load(feature: string, texts: I18n, locale: string): Promise<void> {
  const found = await loaderOf(feature, locale)?.()
  texts.load(locale, { ...shell.get(locale), ...found?.messages })
}

/**
 * Loads a component of a feature, together with the feature's texts, so that the texts are present at the first render.
 */
export async function withTexts<P extends object>(
  feature: string,
  component: Promise<{ default: ComponentType<P> }>,
): Promise<{ default: ComponentType<P> }> {
  const texts = features.get(feature) ?? setupI18n()
  features.set(feature, texts)
  const [module] = await Promise.all([component, load(feature, texts, i18n.locale)])
  texts.activate(i18n.locale)
  return { default: props => createElement(I18nProvider, { i18n: texts }, createElement(module.default, props)) }
}

export async function activateLocale(locale: Locale): Promise<void> {
  const found = await loaderOf('app', locale)?.()
  if (found) shell.set(locale, found.messages)
  i18n.load(locale, { ...found?.messages })
  await Promise.all([...features].map(([feature, texts]) => load(feature, texts, locale)))
  for (const texts of features.values()) texts.activate(locale)
  i18n.activate(locale)
  const root = document.documentElement
  root.lang = locale
  root.dir = directionOf(locale)
  // The daemon reads the cookie: the HTML file names the text files of only one language.
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie store is missing in some browsers, and over plain http
  document.cookie = `agentlocator_language=${locale}; Path=/; Max-Age=31536000; SameSite=Lax`
}

export async function chooseLocale(locale: Locale): Promise<void> {
  remember('language', locale)
  await activateLocale(locale)
}

export function followLocale(): void {
  window.addEventListener('storage', ({ key, newValue }) => {
    if (key === stored('language') && (newValue === 'he' || newValue === 'en')) void activateLocale(newValue)
  })
}

/** Returns the direction of a language's script, from the browser's own data if it has any. */
export function directionOf(locale: string): 'rtl' | 'ltr' {
  const known = new Intl.Locale(locale) as Intl.Locale & {
    getTextInfo?: () => { direction?: string }
    textInfo?: { direction?: string }
  }
  const direction = known.getTextInfo?.().direction ?? known.textInfo?.direction
  return (direction ?? (locale === 'he' ? 'rtl' : 'ltr')) === 'rtl' ? 'rtl' : 'ltr'
}

export function useLocale(): Locale {
  return useLingui().i18n.locale === 'en' ? 'en' : 'he'
}
