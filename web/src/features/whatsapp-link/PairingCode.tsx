import { Trans } from '@lingui/react/macro'
import { Ltr } from '#shared/components/text'
import { useSeconds } from '#shared/format/clock'
import { duration } from '#shared/format/time'
import { grouped, secondsUntil } from './states'

/** The code to type on the phone, with the remaining time. */
export function PairingCode({ code, until }: { code: string; until: string | null | undefined }) {
  const now = useSeconds()
  return (
    <section className="section">
      <div aria-live="polite">
        <p>
          <Trans>בטלפון: WhatsApp, מכשירים מקושרים, קישור באמצעות מספר טלפון. ואז מקלידים:</Trans>
        </p>
        <output className="pairing-code" dir="ltr">
          {grouped(code)}
        </output>
      </div>
      {until && (
        <p className="muted" role="timer" aria-live="off">
          <Trans>
            הקוד טוב לעוד <Ltr>{duration(secondsUntil(until, now) * 1000)}</Ltr>. אחריו יופיע קוד חדש.
          </Trans>
        </p>
      )}
    </section>
  )
}
