import type { MessageDescriptor } from '@lingui/core'
import type { ComponentType, ReactNode } from 'react'
import type { IconGlyph } from './components/Icon'
import type { ChangeMap } from './events/changes'
import type { Span } from './search'

/** A page of a feature. */
export interface FeatureRoute {
  /** A pattern of wouter: `/app/inbox/:contactId?`. */
  path: string
  /** Loads the page's component; its chunk and texts are fetched when the page is first opened. */
  load: () => Promise<{ default: ComponentType }>
  /** Shown without rail and tabs, and without a login. */
  bare?: boolean
  /** The frame in which the page stands; a feature that has `frames` draws it. */
  frame?: string
  /** What the page fetches first, exactly as the client writes it: the HTML file names it, so that it is fetched with the code. */
  data?: readonly string[]
}

/** What surrounds pages of several features, such as the list of settings. */
export type Frame = ComponentType<{ children: ReactNode }>

/** An entry of the rail, and on phones of the bar or of the page «More». */
export interface NavEntry {
  label: MessageDescriptor
  icon: IconGlyph
  href: string
  /** Rail and bar are sorted by this number; the first four of `main` are in the phone's bar. */
  order: number
  place: 'main' | 'end'
  /** A hook that returns the number in the badge; 0 shows none. */
  useBadge?: () => number
  /** The badge is red: something is wrong. */
  isUrgent?: boolean
  /** The rail shows it only while its badge shows a number. */
  isHiddenWhenZero?: boolean
  /** The physical key that opens it after G, such as `KeyI`. */
  key?: string
}

/** An action of the command palette. */
export interface Command {
  id: string
  label: MessageDescriptor
  icon: IconGlyph
  /** Where it leads, or what it does. */
  href?: string
  run?: () => void
  /** The physical key that does the same anywhere on the page. */
  key?: string
  ownerOnly?: boolean
  /** The group of the phone's page «More» in which a link stands; `work` where it is not named. */
  more?: 'work' | 'business' | 'account'
}

/** A hit of the palette's search. */
export interface PaletteHit {
  id: string
  icon: IconGlyph
  /** The text, with the matched ranges in UTF-16 units. */
  text: string
  highlights?: readonly Span[] | undefined
  /** Whose it is, and when it was: the second line. */
  by?: { name: string; number?: string | null; at: string }
  /** The keys that do the same. */
  keys?: readonly string[] | undefined
  /** What stands at the end of the row: a number, a time. */
  meta?: string
  href: string
}

/** A group of hits; each feature may add a provider. */
export interface PaletteProvider {
  id: string
  heading: MessageDescriptor
  /** Finds hits; with an empty query the recent ones. */
  search: (query: string, signal: AbortSignal) => Promise<PaletteHit[]>
  /** What is offered where the provider found nothing: to make what was typed. */
  whenNone?: { label: MessageDescriptor; icon: IconGlyph; href: (query: string) => string }
}

/** A key of a feature's pages, for the list of shortcuts. */
export interface ShortcutText {
  keys: readonly string[]
  label: MessageDescriptor
}

/** What a folder below `features/` adds to the page; exported as `feature` by its `feature.tsx`. */
export interface Feature {
  /** The folder's name; also the name of its catalog of texts. */
  id: string
  routes: readonly FeatureRoute[]
  nav?: readonly NavEntry[]
  commands?: readonly Command[]
  palette?: readonly PaletteProvider[]
  /**
   * The keyboard shortcuts of the feature's pages. The list of shortcuts shows them under the name of the feature's
   * first navigation entry.
   */
  shortcuts?: readonly ShortcutText[]
  /** Which of the feature's API paths are out of date after which change. */
  changes?: ChangeMap
  /** Frames for pages of other features, by name. */
  frames?: Record<string, () => Promise<{ default: Frame }>>
  /** A strip above all pages, such as the live call; draws nothing when it has nothing to say. */
  Strip?: ComponentType
}
