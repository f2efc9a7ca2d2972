import { Trans, useLingui } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'

/** The code that the phone scans. It is shown as an image only: no script in an image runs, and it fetches nothing. */
export function QrCode({ pairing }: { pairing: Schemas['PairingQr'] }) {
  const { t } = useLingui()
  return (
    <section className="section qr-section">
      <ol className="steps">
        <li>
          <Trans>פותחים את WhatsApp בטלפון של העסק</Trans>
        </li>
        <li>
          <Trans>נכנסים ל״מכשירים מקושרים״ ולוחצים על ״קישור מכשיר״</Trans>
        </li>
        <li>
          <Trans>מכוונים את המצלמה אל הקוד הזה</Trans>
        </li>
      </ol>
      {pairing.svg ? (
        <img
          className="qr"
          alt={t`קוד QR לקישור החשבון`}
          src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(pairing.svg)}`}
        />
      ) : (
        <p className="muted">
          <Trans>הקוד מודפס ביומן של הגשר.</Trans>
        </p>
      )}
    </section>
  )
}
