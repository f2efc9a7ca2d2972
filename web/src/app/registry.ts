import { type ComponentType, createElement, type LazyExoticComponent, lazy } from 'react'
import { registerChanges } from '#shared/events/changes'
import type { Command, Feature, FeatureRoute, Frame, NavEntry, PaletteProvider } from '#shared/feature'
import { withTexts } from '#shared/i18n/locale'

/** Every folder below `features/` with a `feature.tsx` is part of the page; there is no list to edit. */
const modules = import.meta.glob<{ feature: Feature }>('../features/*/feature.tsx', { eager: true })

export const features: readonly Feature[] = Object.values(modules).map(({ feature }) => feature)

for (const { changes } of features) if (changes) registerChanges(changes)

/** The code of a page did not arrive. */
export class PageLoadError extends Error {
  override name = 'PageLoadError'
}

/** Code that has not arrived by then counts as not loaded; the page says so, and loads it again. */
const TIMEOUT_MS = 10_000

const inTime = <T>(loading: Promise<T>): Promise<T> =>
  Promise.race([loading, new Promise<never>((_, reject) => setTimeout(() => reject(new Error('timeout')), TIMEOUT_MS))])

/** A part of the page whose code loads when it is first drawn. */
interface Part<P = object> {
  /** Another one after `reloadFailedPages`; read it when the part is drawn. */
  Component: LazyExoticComponent<ComponentType<P>>
}

/** The frame in which a page stands, with the texts of the feature that draws it. */
function frameOf({ frame }: FeatureRoute): Promise<{ default: Frame }> | undefined {
  const owner = frame === undefined ? undefined : features.find(({ frames }) => frames?.[frame])
  const load = frame === undefined ? undefined : owner?.frames?.[frame]
  return owner && load && withTexts(owner.id, load())
}

/** The page of a route, with its texts and in its frame. */
async function loadPage(feature: Feature, route: FeatureRoute): Promise<{ default: ComponentType }> {
  const [page, frame] = await Promise.all([withTexts(feature.id, route.load()), frameOf(route)])
  if (!frame) return page
  return { default: () => createElement(frame.default, { children: createElement(page.default) }) }
}

/** A route whose page loads with its texts. */
export interface Page extends FeatureRoute, Part {}

/** `React.lazy` keeps a rejected import forever; these parts get a new one. */
const failed = new Set<() => void>()

function partOf<P = object>(load: () => Promise<{ default: ComponentType<P> }>): Part<P> {
  const component = () =>
    lazy(async () => {
      try {
        return await inTime(load())
      } catch (reason) {
        failed.add(renew)
        throw new PageLoadError(String(reason), { cause: reason })
      }
    })
  const part: Part<P> = { Component: component() }
  const renew = () => {
    part.Component = component()
  }
  return part
}

/** The logged-in page around the current one, which the login does without. The HTML file names its files where it is needed. */
export const shell = partOf(async () => ({ default: (await import('./Shell')).Shell }))

const loadPalette = () => import('./Palette')

/** The command palette, which few visits open. */
export const palette = partOf(async () => ({ default: (await loadPalette()).Palette }))

/** After this time nothing of the page itself is on its way any more. */
const IDLE_MS = 2_000

/** With a keyboard the palette opens by a key, and the first letters follow at once: its code is there before. Returns what cancels it. */
export function preloadPalette(): () => void {
  if (!matchMedia('(pointer: fine)').matches) return () => undefined
  const timer = setTimeout(() => void loadPalette().catch(() => undefined), IDLE_MS)
  return () => clearTimeout(timer)
}

/** The menu of the rail, which phones do not show, and the list of the keys: both need code that no other part of the shell does. */
export const userMenu = partOf(async () => ({ default: (await import('./UserMenu')).UserMenu }))
export const shortcuts = partOf(async () => ({ default: (await import('./Shortcuts')).Shortcuts }))

export const pages: readonly Page[] = features.flatMap(feature =>
  feature.routes.map(route =>
    Object.assign(
      partOf(() => loadPage(feature, route)),
      route,
    ),
  ),
)

/** Lets the pages whose code did not arrive be loaded again. */
export function reloadFailedPages(): void {
  for (const renew of failed) renew()
  failed.clear()
}

/** The entries of the rail, sorted. */
export const navigation: readonly NavEntry[] = features
  .flatMap(({ nav }) => nav ?? [])
  .sort((a, b) => a.order - b.order)

export const commands: readonly Command[] = features.flatMap(feature => feature.commands ?? [])
export const providers: readonly PaletteProvider[] = features.flatMap(feature => feature.palette ?? [])

/** Where the page begins. */
export const home = (): string => navigation.find(({ place }) => place === 'main')?.href ?? '/app/problems'
