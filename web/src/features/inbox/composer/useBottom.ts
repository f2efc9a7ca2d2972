import { type RefCallback, useCallback } from 'react'

/**
 * For an element at the bottom of the screen that is as high as its content, such as the composer: on a phone toasts stand above it,
 * by `--bottom` in the styles.
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
