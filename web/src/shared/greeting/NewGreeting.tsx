import { Trans, useLingui } from '@lingui/react/macro'
import { IconMicrophone, IconPlayerStopFilled, IconUpload } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { Icon } from '../components/Icon'
import { NoMicrophone } from '../components/NoMicrophone'
import { Ltr } from '../components/text'
import { duration } from '../format/time'
import { Unusable } from './Line'
import { readSound, type Sound } from './sound'
import { MAX_MS } from './useGreeting'
import { useMicrophone } from './useMicrophone'

const STEPS = 16

export function NewGreeting({ onSound }: { onSound: (sound: Sound, name: string | undefined) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [isUnreadable, setUnreadable] = useState(false)
  const read = async (file: Blob, name?: string) => {
    setUnreadable(false)
    try {
      onSound(await readSound(file), name)
    } catch {
      setUnreadable(true)
    }
  }
  const microphone = useMicrophone({ maxMs: MAX_MS, onSound: sound => void read(sound) })
  if (microphone.meter) {
    return <Recording {...microphone.meter} onStop={() => void microphone.stop()} onDrop={microphone.cancel} />
  }
  return (
    <>
      <div className="row">
        <button className="btn" type="button" onClick={() => void microphone.start()}>
          <Icon icon={IconMicrophone} size="s" />
          <Trans>להקליט</Trans>
        </button>
        <button className="btn" type="button" onClick={() => input.current?.click()}>
          <Icon icon={IconUpload} size="s" />
          <Trans>בחירת קובץ</Trans>
        </button>
        <input
          ref={input}
          type="file"
          accept="audio/*"
          hidden
          onChange={event => {
            const [file] = event.target.files ?? []
            event.target.value = ''
            if (file) void read(file, file.name)
          }}
        />
      </div>
      <p className="small muted">
        <Trans>עד 10 שניות. שומעים את זה לפני שמשתמשים בזה.</Trans>
      </p>
      {microphone.problem && (
        <div role="alert">
          <NoMicrophone
            problem={microphone.problem}
            insecure={<Trans>אפשר לבחור קובץ קול, או לפתוח את הדף בכתובת המאובטחת.</Trans>}
            missing={<Trans>מחברים מיקרופון, או בוחרים קובץ קול.</Trans>}
          />
        </div>
      )}
      {isUnreadable && <Unusable reason="unreadable" />}
    </>
  )
}

interface RecordingProps {
  ms: number
  level: number
  onStop: () => void
  onDrop: () => void
}

function Recording({ ms, level, onStop, onDrop }: RecordingProps) {
  const { t } = useLingui()
  const lit = Math.round(level * STEPS)
  return (
    <div className="greeting-recording">
      <span className="onair red" aria-hidden />
      <span className="strong" role="status">
        <Trans>מקליט…</Trans>
      </span>
      <Ltr className="num">{`${duration(ms)} / ${duration(MAX_MS)}`}</Ltr>
      <span
        className="greeting-meter"
        dir="ltr"
        role="meter"
        aria-label={t`עוצמת המיקרופון`}
        aria-valuemin={0}
        aria-valuemax={STEPS}
        aria-valuenow={lit}
      >
        {Array.from({ length: STEPS }, (_, step) => (
          <span key={step} className={step < lit ? 'lit' : ''} />
        ))}
      </span>
      <button className="btn pen" type="button" onClick={onStop}>
        <Icon icon={IconPlayerStopFilled} size="s" />
        <Trans>סיום</Trans>
      </button>
      <button className="btn quiet" type="button" onClick={onDrop}>
        <Trans>לוותר עליה</Trans>
      </button>
    </div>
  )
}
