import type { MessageDescriptor } from '@lingui/core'
import type { ComponentType, ReactNode } from 'react'
import type { IconGlyph } from './components/Icon'
import type { ChangeMap } from './events/changes'
import type { Span } from './search'

export interface FeatureRoute {
  /** A path pattern of wouter: `/app/inbox/:contactId?`. */
  path: string
  /**
   * Loads the page's component. Its chunk and texts are fetched when the page is first opened. `prepare` loads what the
   * page needs in addition at the current address, so that it is shown at once. `prefetch` sends the page's first requests
   * at an address without filters; the first render of a visit shows their responses.
   */
  load: () => Promise<{
    default: ComponentType
    prepare?: () => Promise<unknown>
    prefetch?: () => readonly Promise<unknown>[]
  }>
  /** The page is rendered without navigation and without a login. */
  bare?: boolean
  /** The name of the frame around the page. The feature that lists the name in `frames` renders it. */
  frame?: string
  /**
   * The source file, next to the page's, whose code the page also needs if the path has its optional parameter. Then the
   * HTML file preloads it; without the parameter, the page fetches it after its own data.
   */
  detail?: string
  /**
   * The URLs of the page's first requests, exactly as the client writes them. The HTML file preloads them, so that they
   * are fetched in parallel with the code.
   */
  data?: readonly string[]
}

/** A layout around pages of several features, such as the list of settings. */
export type Frame = ComponentType<{ children: ReactNode }>

/** In the rail, and on phones in the bottom bar or on the page "More". */
export interface NavEntry {
  label: MessageDescriptor
  icon: IconGlyph
  href: string
  /** The sort order. The first four entries with the place `main` are in the bottom bar of phones. */
  order: number
  place: 'main' | 'end'
  /** The number in the badge; 0 shows no badge. */
  useBadge?: () => number
  /** The badge is red, for a problem. */
  isUrgent?: boolean
  /** The rail hides the entry while its badge is 0. */
  isHiddenWhenZero?: boolean
  /** The physical key that opens the entry after G, such as `KeyI`. */
  key?: string
}

export interface Command {
  id: string
  label: MessageDescriptor
  icon: IconGlyph
  /** The link that the action opens, or the function that it runs. */
  href?: string
  run?: () => void
  /** The physical key that runs the action on any page. */
  key?: string
  ownerOnly?: boolean
  /** The group of the link on the page "More" of phones; `work` by default. */
  more?: 'work' | 'business' | 'account'
}

export interface PaletteHit {
  id: string
  icon: IconGlyph
  /** The text, with the matched ranges in UTF-16 units. */
  text: string
  highlights?: readonly Span[] | undefined
  /** The second line: the contact, and the time. */
  by?: { name: string; number?: string | null; at: string }
  /** The keyboard shortcut of the action. */
  keys?: readonly string[] | undefined
  /** The text at the end of the row, such as a number or a time. */
  meta?: string
  href: string
}

export interface PaletteProvider {
  id: string
  heading: MessageDescriptor
  /** Returns the hits for a query, or the recent items for an empty query. */
  search: (query: string, signal: AbortSignal) => Promise<PaletteHit[]>
  /** The entry that is offered if there are no hits, to create an item from the query. */
  whenNone?: { label: MessageDescriptor; icon: IconGlyph; href: (query: string) => string }
}

export interface ShortcutText {
  keys: readonly string[]
  label: MessageDescriptor
}

/**
 * The parts that a feature adds to the page. The `feature.tsx` of each folder below `features/` exports one as
 * `feature`.
 */
export interface Feature {
  /** The folder's name, which is also the name of its text catalog. */
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
  /** For each kind of change, the API paths of the feature that it invalidates. */
  changes?: ChangeMap
  /** Frames for pages of other features, by name. */
  frames?: Record<string, () => Promise<{ default: Frame }>>
  /** A strip above all pages, such as the live call. Renders nothing while it is not needed. */
  Strip?: ComponentType
}
