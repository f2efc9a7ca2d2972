import { type ComponentType, createElement } from 'react'
import { parse } from 'regexparam'
import { matchRoute } from 'wouter'
import { deferred, type Part, partOf } from '#shared/deferred'
import { registerChanges } from '#shared/events/changes'
import type { Command, Feature, FeatureRoute, Frame, NavEntry, PaletteProvider } from '#shared/feature'
import { withTexts } from '#shared/i18n/locale'

/**
 * Each folder below `features/` that contains a `feature.tsx` is discovered at build time; there is no list to
 * maintain.
 */
const modules = import.meta.glob<{ feature: Feature }>('../features/*/feature.tsx', { eager: true })

export const features: readonly Feature[] = Object.values(modules).map(({ feature }) => feature)

for (const { changes } of features) if (changes) registerChanges(changes)

function frameOf({ frame }: FeatureRoute): Promise<{ default: Frame }> | undefined {
  const owner = frame === undefined ? undefined : features.find(({ frames }) => frames?.[frame])
  const load = frame === undefined ? undefined : owner?.frames?.[frame]
  return owner && load && withTexts(owner.id, load())
}

async function prepared(route: FeatureRoute) {
  const page = await route.load()
  await page.prepare?.()
  return page
}

async function loadPage(feature: Feature, route: FeatureRoute): Promise<{ default: ComponentType }> {
  const [page, frame] = await Promise.all([withTexts(feature.id, prepared(route)), frameOf(route)])
  if (!frame) return page
  return { default: () => createElement(frame.default, { children: createElement(page.default) }) }
}

export interface Page extends FeatureRoute, Part {}

/**
 * The layout of a logged-in user. It is a separate chunk, because the login does not need it. The HTML file preloads
 * the chunk where it is needed.
 */
export const shell = partOf(async () => ({ default: (await import('./Shell')).Shell }))

/** The command palette, in a separate chunk because it is rarely opened. */
export const Palette = deferred(async () => (await import('./Palette')).Palette)

/** The delay of the preload, in ms. By then a page has usually loaded its own code. */
const IDLE_MS = 2_000

/**
 * Preloads the command palette on devices with a mouse: a key opens it there, and the user types immediately
 * afterwards. Returns a function that cancels the preload.
 */
export function preloadPalette(): () => void {
  if (!matchMedia('(pointer: fine)').matches) return () => undefined
  const timer = setTimeout(Palette.preload, IDLE_MS)
  return () => clearTimeout(timer)
}

/**
 * The menu of the rail, which phones do not show, and the list of shortcuts. Both need code that no other part of the
 * shell needs.
 */
export const userMenu = partOf(async () => ({ default: (await import('./UserMenu')).UserMenu }))
export const Shortcuts = deferred(async () => (await import('./Shortcuts')).Shortcuts)

export const pages: readonly Page[] = features.flatMap(feature =>
  feature.routes.map(route =>
    Object.assign(
      partOf(() => loadPage(feature, route)),
      route,
    ),
  ),
)

/**
 * Loads what the first render shows: the shell, and the page at this path with its data. Call the returned function
 * directly before the render. Without it, the render would show the parts one after the other, with pauses between them.
 */
export async function firstParts(path: string): Promise<() => void> {
  const at = /^\/app\/?$/.test(path) ? home() : path
  const page = pages.find(one => matchRoute(parse, one.path, at)[0])
  const parts = [page?.bare ? [] : shell, page ?? []].flat()
  const data = page?.load().then(({ prefetch }) => Promise.all((location.search === '' && prefetch?.()) || []))
  const [use] = await Promise.all([Promise.all(parts.map(part => part.loaded())), data])
  return () => {
    for (const one of use) one()
  }
}

export const navigation: readonly NavEntry[] = features
  .flatMap(({ nav }) => nav ?? [])
  .sort((a, b) => a.order - b.order)

export const commands: readonly Command[] = features.flatMap(feature => feature.commands ?? [])
export const providers: readonly PaletteProvider[] = features.flatMap(feature => feature.palette ?? [])

/** The start page: the first main entry of the navigation. */
export const home = (): string => navigation.find(({ place }) => place === 'main')?.href ?? '/app/problems'
