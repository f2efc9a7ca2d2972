import { Trans, useLingui } from '@lingui/react/macro'
import { IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react'
import { useSyncExternalStore } from 'react'
import { Icon } from '#shared/components/Icon'
import type { Levels } from './levels'

const STEPS = 12
/** If the microphone is silent for this long, a hint is shown, in ms. */
const QUIET_MS = 8_000

export function Microphone({ levels, isMuted }: { levels: Levels; isMuted: boolean }) {
  const { t } = useLingui()
  useSyncExternalStore(levels.subscribe, levels.snapshot)
  const lit = Math.round(levels.now * STEPS)
  return (
    <div className="trial-mic">
      <Icon icon={isMuted ? IconMicrophoneOff : IconMicrophone} size="s" />
      <span
        className="trial-meter"
        dir="ltr"
        role="meter"
        aria-label={t`עוצמת המיקרופון`}
        aria-valuemin={0}
        aria-valuemax={STEPS}
        aria-valuenow={lit}
      >
        {Array.from({ length: STEPS }, (_, step) => (
          // The steps keep their order, so the index is a stable key.
          <span key={step} className={step < lit ? 'lit' : ''} />
        ))}
      </span>
      <span className="small muted" role="status">
        {isMuted ? (
          <Trans>המיקרופון מושתק. הסוכן לא שומע אתכם</Trans>
        ) : (
          levels.quietMs >= QUIET_MS && <Trans>לא נשמע קול. בדקו שנבחר המיקרופון הנכון</Trans>
        )}
      </span>
    </div>
  )
}
