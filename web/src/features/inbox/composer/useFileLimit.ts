import { useLingui } from '@lingui/react/macro'
import { isolate } from '#shared/format/bidi'
import { useFormat } from '#shared/session'
import type { Route } from '../api'

/** Why a file is not uploaded: it is empty, or larger than the daemon accepts. Undefined if it is uploaded. */
export function useFileLimit(route: Route | undefined): (file: File) => string | undefined {
  const { t } = useLingui()
  const format = useFormat()
  const megabytes = (bytes: number) => isolate(`${format.number(bytes / 2 ** 20, { maximumFractionDigits: 1 })} MB`)
  return ({ size }) => {
    if (size === 0) return t`הקובץ ריק`
    if (!route || size <= route.max_file_bytes) return undefined
    return t`הקובץ גדול מדי: ${megabytes(size)}, ואפשר לשלוח עד ${megabytes(route.max_file_bytes)}`
  }
}
