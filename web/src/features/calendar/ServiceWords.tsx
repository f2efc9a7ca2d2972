import { Trans } from '@lingui/react/macro'
import { Price } from '#shared/components/Price'
import { Dot, Plain } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Service } from './data'

type Described = Omit<Service, 'id' | 'etag' | 'archived' | 'position' | 'created_at' | 'updated_at'> & {
  archived?: boolean
}

/** With `isWhole`, shows all fields of the form. */
export function ServiceWords({ service, isWhole = false }: { service: Described; isWhole?: boolean }) {
  const format = useFormat()
  const { name, duration_min, price_minor, buffer_before_min, buffer_after_min, description, archived } = service
  return (
    <span>
      <bdi className="strong">{name}</bdi>
      <Dot />
      {format.length(duration_min)}
      {price_minor != null && (
        <>
          <Dot />
          <Price minor={price_minor} />
        </>
      )}
      {isWhole && buffer_before_min > 0 && (
        <>
          <Dot />
          <Trans>הכנה: {format.length(buffer_before_min)}</Trans>
        </>
      )}
      {isWhole && buffer_after_min > 0 && (
        <>
          <Dot />
          <Trans>סידור: {format.length(buffer_after_min)}</Trans>
        </>
      )}
      {isWhole && description && (
        <>
          <Dot />
          <Plain text={description} />
        </>
      )}
      {archived && (
        <>
          <Dot />
          <Trans>הוסר</Trans>
        </>
      )}
    </span>
  )
}
