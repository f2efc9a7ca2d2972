import { Trans, useLingui } from '@lingui/react/macro'
import { duration } from '#shared/format/time'
import { useFormat } from '#shared/session'
import type { Turn } from './api'
import { type Answer, answersOf, median, SLOW_MS } from './latency'

/** The minimum length of the time scale, in ms, so that fast answers look fast. */
const MIN_SCALE_MS = 900

const SECONDS = { maximumFractionDigits: 2, minimumFractionDigits: 2 }

export function Waterfall({ turns }: { turns: readonly Turn[] }) {
  const { t } = useLingui()
  const format = useFormat()
  const answers = answersOf(turns)
  const middle = median(answers)
  if (middle === null) return null
  const scale = Math.max(MIN_SCALE_MS, ...answers.map(({ total }) => total))
  const seconds = format.number(middle / 1000, SECONDS)
  return (
    <section>
      <h2>
        <Trans>מהירות התשובה</Trans>
      </h2>
      <p className="small muted">
        <Trans>
          מסוף הדיבור של הצד השני עד הצליל הראשון. חציון <bdi dir="ltr">{seconds}</bdi> שנ׳.
        </Trans>
      </p>
      <ol className="fall" dir="ltr" aria-label={t`מהירות התשובה לפי תור`}>
        {answers.map(answer => (
          <Bar key={answer.turnId} answer={answer} scale={scale} />
        ))}
      </ol>
      <p className="legend">
        <span>
          <i className="s1" />
          <Trans>הקשבה</Trans>
        </span>
        <span>
          <i className="s2" />
          <Trans>חשיבה</Trans>
        </span>
        <span>
          <i className="s3" />
          <Trans>קול</Trans>
        </span>
        {answers.some(({ final, token }) => final !== null || token !== null) && (
          <>
            <span>
              <i className="mark-final" />
              <Trans>תמלול סופי</Trans>
            </span>
            <span>
              <i className="mark-token" />
              <Trans>מילה ראשונה</Trans>
            </span>
          </>
        )}
      </p>
    </section>
  )
}

function Bar({ answer, scale }: { answer: Answer; scale: number }) {
  const { t } = useLingui()
  const format = useFormat()
  const { partial, final, token, listen, think, voice, total, atMs } = answer
  const stages = t`הקשבה ${listen ?? 0}, חשיבה ${think ?? 0}, קול ${voice ?? 0} אלפיות שנייה`
  const points = [
    partial !== null && t`תמלול חלקי אחרי ${partial}`,
    final !== null && t`תמלול סופי אחרי ${final}`,
    token !== null && t`מילה ראשונה אחרי ${token}`,
  ]
  const description = [stages, ...points.filter(Boolean)].join(', ')
  const share = (ms: number) => `${((ms / scale) * 100).toFixed(1)}%`
  const place = (ms: number) => ({ insetInlineStart: share(ms) })
  const size = (ms: number) => ({ inlineSize: share(ms) })
  return (
    <li>
      <span>{duration(atMs)}</span>
      <span className="barx" role="img" aria-label={description} title={description}>
        {listen !== null && <span className="s1" style={size(listen)} />}
        {think !== null && <span className="s2" style={size(think)} />}
        {voice !== null && <span className="s3" style={size(voice)} />}
        {final !== null && final <= scale && <i className="mark-final" style={place(final)} />}
        {token !== null && token <= scale && <i className="mark-token" style={place(token)} />}
      </span>
      {/* The scale runs from left to right, and the unit in the direction of the language. */}
      <span className={total > SLOW_MS ? 'slow' : ''}>
        <bdi>
          <Trans>{format.number(total / 1000, SECONDS)} שנ׳</Trans>
        </bdi>
      </span>
    </li>
  )
}
