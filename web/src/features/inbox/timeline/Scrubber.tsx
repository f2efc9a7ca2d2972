import { Trans, useLingui } from '@lingui/react/macro'
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { toast } from '#shared/components/toasts'
import { serverNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'

interface Props {
  /** The start of the slider's range: the time at which the contact was created. */
  since: string
  /** The time of the topmost visible row; null if that row has none. */
  at: string | null
  onJump: (at: string, signal: AbortSignal) => Promise<unknown>
}

/** The minimum length of a history for which the scrubber is shown, in ms. */
const MIN_MS = 45 * 86_400_000
const MONTH_MS = 30 * 86_400_000

/** Dragging the slider to a date loads the history back to that date, and scrolls there. */
export function Scrubber({ since, at, onJump }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const [drag, setDrag] = useState<number | null>(null)
  const [loading, setLoading] = useState<string | null>(null)
  const asked = useRef<AbortController>(undefined)
  const [from, to] = [Date.parse(since), serverNow().getTime()]
  if (!(to - from > MIN_MS)) return null

  const now = at === null ? 1 : clamp((Date.parse(at) - from) / (to - from))
  const place = drag ?? now
  const timeAt = (part: number) => new Date(from + part * (to - from)).toISOString()
  const label = (part: number) => format.date(timeAt(part))

  const jump = async (part: number) => {
    asked.current?.abort()
    const control = new AbortController()
    asked.current = control
    const wanted = timeAt(part)
    setLoading(label(part))
    try {
      await onJump(wanted, control.signal)
    } catch (reason) {
      if (!control.signal.aborted) toast.error(problemText(asApiError(reason)), () => void jump(part))
    } finally {
      if (asked.current === control) setLoading(null)
    }
  }
  const partOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    return clamp((event.clientY - box.y) / box.height)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: -MONTH_MS, ArrowDown: MONTH_MS, PageUp: -12 * MONTH_MS, PageDown: 12 * MONTH_MS }[
      event.code
    ]
    const wanted =
      event.code === 'Home' ? 0 : event.code === 'End' ? 1 : step === undefined ? null : clamp(now + step / (to - from))
    if (wanted === null) return
    event.preventDefault()
    void jump(wanted)
  }
  return (
    <>
      <div
        className={`scrubber${drag === null ? '' : ' held'}`}
        role="slider"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={t`קפיצה לתאריך`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(place * 100)}
        aria-valuetext={label(place)}
        onPointerDown={event => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag(partOf(event))
        }}
        onPointerMove={event => drag !== null && setDrag(partOf(event))}
        onPointerCancel={() => setDrag(null)}
        onPointerUp={event => {
          setDrag(null)
          void jump(partOf(event))
        }}
        onKeyDown={onKeyDown}
      >
        <span className="thumb" style={{ insetBlockStart: `${place * 100}%` }}>
          <span className="tip">{label(place)}</span>
        </span>
      </div>
      {loading !== null && (
        <p className="jumping small" role="status">
          <Trans>טוען עד {loading}…</Trans>
        </p>
      )}
    </>
  )
}

const clamp = (part: number) => Math.min(1, Math.max(0, part))
