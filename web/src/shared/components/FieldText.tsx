import type { Schemas } from '#shared/api/client'
import { Ltr, Plain, Time } from './text'

export function FieldText({ kind, value }: { kind: Schemas['FieldKind']; value: string }) {
  // A day has no time. 10:00 UTC is on the same day in all time zones from UTC-10 to UTC+13.
  if (kind === 'date') return <Time at={`${value}T10:00:00Z`} style="date" />
  if (kind === 'number') return <Ltr>{value}</Ltr>
  return <Plain text={value} />
}
