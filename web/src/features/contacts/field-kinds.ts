import { useLingui } from '@lingui/react/macro'
import type { FieldKind } from './api'

export function useFieldKinds(): Record<FieldKind, string> {
  const { t } = useLingui()
  return { text: t`מילים`, number: t`מספר`, date: t`תאריך`, choice: t`בחירה מרשימה`, flag: t`כן או לא` }
}
