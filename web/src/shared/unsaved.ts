import { useEffect } from 'react'

let forms = 0

/** Counts a form while something in it is not saved. */
export function useUnsaved(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return
    forms += 1
    return () => {
      forms -= 1
    }
  }, [isDirty])
}

/** Whether this tab has something that would be lost if it went to another page by itself. */
export const hasUnsaved = (): boolean => forms > 0
