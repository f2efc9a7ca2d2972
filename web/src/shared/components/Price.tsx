import { Trans } from '@lingui/react/macro'
import { useFormat } from '../session'

/** `minor` is in agorot; 0 is shown as free of charge. */
export function Price({ minor }: { minor: number }) {
  const format = useFormat()
  return minor === 0 ? <Trans>ללא עלות</Trans> : format.money(minor)
}
