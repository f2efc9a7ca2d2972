import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import type { CallOutcome } from '#shared/call-outcome'

interface Props {
  outcome: CallOutcome | undefined
  onChange: (outcome: CallOutcome | null) => void
}

export function CallFilters({ outcome, onChange }: Props) {
  const { t } = useLingui()
  const choices: [CallOutcome | null, ReactNode][] = [
    [null, <Trans key="all">הכול</Trans>],
    ['missed', <Trans key="missed">לא נענו</Trans>],
    ['booked', <Trans key="booked">תורים</Trans>],
    ['message', <Trans key="message">הודעות</Trans>],
    ['transferred', <Trans key="transferred">הועברו</Trans>],
    ['blocked', <Trans key="blocked">חסומים</Trans>],
    ['robot', <Trans key="robot">מכונות</Trans>],
  ]
  return (
    <div className="filters list-filters" role="group" aria-label={t`סינון`}>
      {choices.map(([value, text]) => (
        <button
          key={value ?? 'all'}
          type="button"
          aria-pressed={(outcome ?? null) === value}
          onClick={() => onChange(value)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}
