import type { Page } from './registry'

/**
 * The page of a route. `Component` is read at each render, because `reloadFailedPages` replaces the component of a page
 * whose code failed to load.
 */
export function PageBody({ page: { Component } }: { page: Page }) {
  return <Component />
}
