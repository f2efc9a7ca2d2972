import { useEffect } from 'react'

let forms = 0

export function useUnsaved(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return
    forms += 1
    return () => {
      forms -= 1
    }
  }, [isDirty])
}

/** Automatic navigation would lose unsaved changes. */
export const hasUnsaved = (): boolean => forms > 0
