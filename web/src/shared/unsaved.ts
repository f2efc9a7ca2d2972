import { useEffect } from 'react'

let forms = 0

/** Counts a form while it has unsaved changes. */
export function useUnsaved(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return
    forms += 1
    return () => {
      forms -= 1
    }
  }, [isDirty])
}

/** Returns true if a form of this tab has unsaved changes, which automatic navigation would lose. */
export const hasUnsaved = (): boolean => forms > 0
