import type { AuthenticationCreds } from 'baileys'

/**
 * A QR code's text with the current secret: `https://wa.me/settings/linked_devices#ref,noise key,identity key,
 * secret,platform`. WhatsApp may retire the secret while codes are shown (`companion_reg_refresh`), and Baileys
 * continues with the first one: phones then refuse to link the device.
 */
export function withSecretInForce(qr: string, creds: AuthenticationCreds): string {
  const [address, fields] = qr.includes('#') ? (qr.split('#') as [string, string]) : [undefined, qr]
  const parts = fields.split(',')
  parts[3] = creds.advSecretKey
  return address === undefined ? parts.join(',') : `${address}#${parts.join(',')}`
}
