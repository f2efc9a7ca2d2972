import { Trans } from '@lingui/react/macro'
import { Fragment } from 'react'
import { Ltr } from '#shared/components/text'
import { linkParts } from '#shared/format/links'
import { useCountry } from '#shared/session'
import type { Item } from './sections'
import { isNumber, reasonParts, toText } from './value'

/**
 * Explains why a value is invalid, and names the value that is still active, except a secret or an empty one. `reason`
 * is the daemon's explanation; without it, the allowed values are named.
 */
export function Invalid({ item, reason }: { item: Item; reason?: string }) {
  return (
    <span>
      {reason ? (
        <Trans>
          הערך לא מתאים: <Reason text={reason} />.
        </Trans>
      ) : (
        <Allowed item={item} />
      )}
      {item.kind !== 'secret' && toText(item.value) !== '' && (
        <>
          <br />
          <Trans>
            עד שיתוקן, בתוקף <Values of={[item.value].flat().map(String)} />.
          </Trans>
        </>
      )}
    </span>
  )
}

function Values({ of }: { of: readonly string[] }) {
  return of.map((value, at) => (
    <Fragment key={value}>
      {at > 0 && ', '}
      {/\p{L}/u.test(value) ? <bdi>{value}</bdi> : <Ltr>{value}</Ltr>}
    </Fragment>
  ))
}

function Reason({ text }: { text: string }) {
  return reasonParts(text).map((part, at) => (
    <Fragment key={at}>
      {typeof part !== 'string' ? (
        <Values of={part} />
      ) : (
        linkParts(part).map(({ text, at, href, isLtr }) => (href || isLtr ? <Ltr key={at}>{text}</Ltr> : text))
      )}
    </Fragment>
  ))
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
