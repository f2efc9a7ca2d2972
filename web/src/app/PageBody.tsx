import type { Page } from './registry'

/** `Component` is read at each render: `reloadFailedParts` replaces the component of a page that failed to load. */
export function PageBody({ page: { Component } }: { page: Page }) {
  return <Component />
}
