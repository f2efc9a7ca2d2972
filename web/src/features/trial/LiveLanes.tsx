import { useLingui } from '@lingui/react/macro'
import { useElementSize } from '@mantine/hooks'
import { useSyncExternalStore } from 'react'
import { BAR_PX, lanePath } from '#shared/waveform'
import type { Levels } from './levels'

const HEIGHT = 64

/** Time runs left to right; once the lanes are full, the current time is at the right. */
export function LiveLanes({ levels }: { levels: Levels }) {
  const { t } = useLingui()
  useSyncExternalStore(levels.subscribe, levels.snapshot)
  const { ref, width } = useElementSize()
  const count = Math.max(1, Math.floor(width / BAR_PX))
  const axis = HEIGHT / 2
  const { you, agent } = levels.bars
  return (
    <div
      ref={ref}
      dir="ltr"
      className="lanes"
      role="img"
      aria-label={t`צורת הגל של שיחת הניסיון: אתם למעלה, הסוכן למטה`}
    >
      <svg
        className="wave"
        viewBox={`0 0 ${count * BAR_PX} ${HEIGHT}`}
        height={HEIGHT}
        preserveAspectRatio="none"
        aria-hidden
      >
        <path className="axis" d={`M0 ${axis}H${count * BAR_PX}`} />
        <path className="you" strokeWidth="2" d={lanePath(you.slice(-count), axis, -1)} />
        <path className="agent" strokeWidth="2" d={lanePath(agent.slice(-count), axis, 1)} />
      </svg>
    </div>
  )
}
