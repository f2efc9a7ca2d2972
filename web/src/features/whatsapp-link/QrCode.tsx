import { Trans, useLingui } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'

/**
 * The QR code for the phone to scan. It is rendered as an image, in which no script can run and which can fetch
 * nothing.
 */
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
