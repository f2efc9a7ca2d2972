import { type RefCallback, useCallback } from 'react'

/**
 * Sets the CSS variable `--bottom` to the distance from the element's top to the bottom of the screen, so that toasts
 * appear above the element on phones.
 */
export function useBottom<E extends HTMLElement>(): RefCallback<E> {
  return useCallback((element: E) => {
    const { style } = document.documentElement
    const measure = () =>
      style.setProperty('--bottom', `${Math.max(0, innerHeight - element.getBoundingClientRect().top)}px`)
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    addEventListener('resize', measure)
    return () => {
      observer.disconnect()
      removeEventListener('resize', measure)
      style.removeProperty('--bottom')
    }
  }, [])
}
