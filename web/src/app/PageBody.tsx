import type { Page } from './registry'

/** The page of a route. Its component is read at each drawing, because a page whose code did not arrive gets another one. */
export function PageBody({ page: { Component } }: { page: Page }) {
  return <Component />
}
