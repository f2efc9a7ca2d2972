import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { registerChanges } from '#shared/events/changes'
import type { Command, Feature, FeatureRoute, NavEntry, PaletteProvider } from '#shared/feature'
import { loadTexts } from '#shared/i18n/locale'

/** Every folder below `features/` with a `feature.tsx` is part of the page; there is no list to edit. */
const modules = import.meta.glob<{ feature: Feature }>('../features/*/feature.tsx', { eager: true })

export const features: readonly Feature[] = Object.values(modules).map(({ feature }) => feature)

for (const { changes } of features) if (changes) registerChanges(changes)

/** A route whose page loads with its texts. */
export interface Page extends FeatureRoute {
  Component: LazyExoticComponent<ComponentType>
}

export const pages: readonly Page[] = features.flatMap(feature =>
  feature.routes.map(route => ({
    ...route,
    Component: lazy(async () => {
      const [module] = await Promise.all([route.load(), loadTexts(feature.id)])
      return module
    }),
  })),
)

/** The entries of the rail, sorted. */
export const navigation: readonly NavEntry[] = features
  .flatMap(({ nav }) => nav ?? [])
  .sort((a, b) => a.order - b.order)

export const commands: readonly Command[] = features.flatMap(feature => feature.commands ?? [])
export const providers: readonly PaletteProvider[] = features.flatMap(feature => feature.palette ?? [])

/** Where the page begins. */
export const home = (): string => navigation.find(({ place }) => place === 'main')?.href ?? '/app/problems'
