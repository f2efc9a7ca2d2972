import { Trans } from '@lingui/react/macro'
import { useFormat } from '#shared/session'

/** The price of a service. */
export function Price({ minor }: { minor: number }) {
  const format = useFormat()
  return minor === 0 ? <Trans>ללא עלות</Trans> : format.money(minor)
}
