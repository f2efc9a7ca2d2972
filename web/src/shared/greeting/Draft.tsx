import { Trans } from '@lingui/react/macro'
import { useEffect, useState } from 'react'
import { Line, Unusable } from './Line'
import { isSilent, type Sound } from './sound'
import { MAX_MS } from './useGreeting'

interface Props {
  sound: Sound
  isPending: boolean
  onUse: () => void
  onDrop: () => void
}

export function Draft({ sound, isPending, onUse, onDrop }: Props) {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const made = URL.createObjectURL(sound.file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [sound])
  const reason = isSilent(sound) ? 'silent' : sound.ms > MAX_MS ? 'long' : undefined
  return (
    <div className="greeting-draft">
      {url && (
        <Line source={url} ms={sound.ms}>
          <Trans>החדשה. עוד לא בשימוש</Trans>
        </Line>
      )}
      {reason && <Unusable reason={reason} ms={sound.ms} />}
      <div className="row">
        {!reason && (
          <button className="btn pen" type="button" disabled={isPending} onClick={onUse}>
            {isPending ? <Trans>נשמר…</Trans> : <Trans>להשתמש בברכה הזאת</Trans>}
          </button>
        )}
        <button className="btn" type="button" disabled={isPending} onClick={onDrop}>
          <Trans>לוותר עליה</Trans>
        </button>
      </div>
    </div>
  )
}
