import { Trans } from '@lingui/react/macro'
import { Ltr } from '#shared/components/text'
import { useCountry } from '#shared/session'
import type { Item } from './sections'
import { isNumber, toText } from './value'

/**
 * Explains why a value is invalid, and names the value that is still active, except a secret or an empty one. `reason`
 * is the daemon's explanation; without it, the allowed values are named.
 */
export function Invalid({ item, reason }: { item: Item; reason?: string }) {
  return (
    <span>
      {reason ? <Trans>הערך לא מתאים: {reason}.</Trans> : <Allowed item={item} />}
      {item.kind !== 'secret' && item.value !== null && (
        <>
          <br />
          <Trans>
            עד שיתוקן, בתוקף <Ltr>{toText(item.value)}</Ltr>.
          </Trans>
        </>
      )}
    </span>
  )
}

function Allowed({ item }: { item: Item }) {
  const { minimum, maximum } = item
  const country = useCountry()
  if (isNumber(item.kind) && typeof minimum === 'number' && typeof maximum === 'number') {
    return (
      <Trans>
        צריך מספר בין <Ltr>{minimum}</Ltr> ל־<Ltr>{maximum}</Ltr>.
      </Trans>
    )
  }
  if (item.kind === 'phone') {
    return country === 'IL' ? (
      <Trans>
        צריך מספר טלפון מלא, למשל <Ltr>052-555-0142</Ltr> או <Ltr>+972525550142</Ltr>.
      </Trans>
    ) : (
      <Trans>
        צריך מספר טלפון עם קידומת המדינה, למשל <Ltr>+442079460000</Ltr>.
      </Trans>
    )
  }
  if (item.kind === 'url') {
    return (
      <Trans>
        צריך כתובת מלאה, למשל <Ltr>https://shop.example</Ltr>.
      </Trans>
    )
  }
  return <Trans>הערך לא מתאים. מותר: {item.allowed}.</Trans>
}
