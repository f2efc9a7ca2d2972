import { Trans, useLingui } from '@lingui/react/macro'
import { IconMapPin } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Plain } from '#shared/components/text'
import { isolate } from '#shared/format/bidi'
import type { MessageItem } from '../api'

const OUTSIDE = { target: '_blank', rel: 'noreferrer noopener' }

/** The map is fetched only when the user opens the link. */
export function Place({ place }: { place: NonNullable<MessageItem['location']> }) {
  const { t } = useLingui()
  const { latitude, longitude, name, address } = place
  const at = `mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`
  return (
    <div className="place">
      {name && <Plain as="p" className="strong" text={name} />}
      {address && <Plain as="p" text={address} />}
      <a
        className="row"
        href={`https://www.openstreetmap.org/?${at}`}
        aria-label={name ? t`לפתוח במפה את ${isolate(name)}` : undefined}
        {...OUTSIDE}
      >
        <Icon icon={IconMapPin} size="s" />
        <Trans>לפתוח במפה</Trans>
      </a>
    </div>
  )
}

/** The value of a button is shown if the contact's text does not say it. */
export function Button({ message: { button, content_text: text } }: { message: MessageItem }) {
  const pressed = [button?.text, button?.payload].find(value => value && value !== text)
  if (!pressed) return null
  return (
    <p className="small muted">
      <Trans>
        לחיצה על כפתור: <bdi>{pressed}</bdi>
      </Trans>
    </p>
  )
}

/** Only an https address is a link: it comes from outside. */
export function CameFrom({ referral }: { referral: NonNullable<MessageItem['referral']> }) {
  const { headline, body, url } = referral
  const text = headline || body || url || ''
  return (
    <div className="note small came-from">
      <p className="muted">
        <Trans>הגיע מהמודעה</Trans>
      </p>
      <Plain as="p" text={text} />
      {headline && body && <Plain as="p" className="muted" text={body} />}
      {url?.startsWith('https://') && (
        <a href={url} {...OUTSIDE}>
          <Trans>לפתוח את המודעה</Trans>
        </a>
      )}
    </div>
  )
}
