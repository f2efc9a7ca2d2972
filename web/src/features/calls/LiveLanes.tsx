import { Trans, useLingui } from '@lingui/react/macro'
import { useElementSize } from '@mantine/hooks'
import { useLiveBars } from '#shared/audio/listening'
import { BAR_PX, lanePath } from '#shared/waveform'
import { partBars } from './bars'
import type { Line } from './words'

/** The part of the call that the drawing covers unless the user listens: the last minute, in ms. */
const SHOWN_MS = 60_000
const HEIGHT = 52

interface Props {
  callId: number
  lines: readonly Line[]
  elapsedMs: number
  caller: string
}

/** Who spoke when; while the user listens, how loud both sides were (bars of a tenth of a second). */
export function LiveLanes({ callId, lines, elapsedMs, caller }: Props) {
  const { t } = useLingui()
  const { ref, width } = useElementSize()
  const count = Math.max(1, Math.floor(width / BAR_PX))
  const heard = useLiveBars(callId)
  const from = Math.max(0, elapsedMs - SHOWN_MS)
  const bars = (speaker: 'caller' | 'agent') =>
    heard
      ? heard[speaker].slice(-count)
      : partBars(
          lines
            .filter(({ turn }) => turn.speaker === speaker)
            .map(line => [line.fromMs - from, line.toMs - from] as const),
          SHOWN_MS,
          count,
          0.6,
        )
  return (
    <div className="live-lanes" dir="ltr">
      <div
        ref={ref}
        className="grow"
        role="img"
        aria-label={
          heard
            ? t`צורת הגל של מה שנשמע עכשיו: הלקוח למעלה, הסוכן למטה`
            : t`מי דיבר בדקה האחרונה: הלקוח למעלה, הסוכן למטה`
        }
      >
        <svg className="wave" viewBox={`0 0 ${count * BAR_PX} ${HEIGHT}`} height={HEIGHT} preserveAspectRatio="none">
          <path className="axis" d={`M0 ${HEIGHT / 2}H${count * BAR_PX}`} />
          <path className="them" strokeWidth="2" d={lanePath(bars('caller'), HEIGHT / 2, -1)} />
          <path className="agent" strokeWidth="2" d={lanePath(bars('agent'), HEIGHT / 2, 1)} />
        </svg>
      </div>
      <span className="small muted lane-labels" aria-hidden>
        <bdi>{caller}</bdi>
        <span>
          <Trans>הסוכן</Trans>
        </span>
      </span>
    </div>
  )
}
