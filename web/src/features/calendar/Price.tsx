import { Trans } from '@lingui/react/macro'
import { useFormat } from '#shared/session'

/** What a service costs. */
export function Price({ minor }: { minor: number }) {
  const format = useFormat()
  return minor === 0 ? <Trans>ללא עלות</Trans> : format.money(minor)
}
