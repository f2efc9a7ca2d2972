import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { usePlayer } from '../audio'
import { PlayButton } from '../components/CallPlayer'
import { Problem } from '../components/Problem'
import { Ltr } from '../components/text'
import { duration } from '../format/time'
import { MAX_MS } from './useGreeting'

export function Line({ source, ms, children }: { source: string; ms: number; children: ReactNode }) {
  const player = usePlayer(source)
  return (
    <div className="greeting-line">
      <PlayButton player={player} />
      <p className="grow">{children}</p>
      <Ltr className={ms > MAX_MS ? 'num bad' : 'num muted'}>{duration(ms)}</Ltr>
    </div>
  )
}

export function Unusable({ reason, ms }: { reason: 'long' | 'silent' | 'unreadable'; ms?: number }) {
  const seconds = Math.round((ms ?? 0) / 1000)
  return (
    <div role="alert">
      <Problem
        icon={IconAlertTriangle}
        title={
          reason === 'long' ? (
            <Trans>
              הברכה ארוכה מדי: <Ltr>{seconds}</Ltr> שניות
            </Trans>
          ) : reason === 'silent' ? (
            <Trans>לא נשמע קול בהקלטה</Trans>
          ) : (
            <Trans>הדפדפן לא מצליח לנגן את הקובץ הזה</Trans>
          )
        }
      >
        {reason === 'long' ? (
          <Trans>המתקשרים מחכים עד סוף הברכה, ולכן היא עד 10 שניות.</Trans>
        ) : reason === 'silent' ? (
          <Trans>בודקים שנבחר המיקרופון הנכון, ומקליטים שוב.</Trans>
        ) : (
          <Trans>מתאימים קובצי קול רגילים: MP3, WAV, M4A או OGG.</Trans>
        )}
      </Problem>
    </div>
  )
}
