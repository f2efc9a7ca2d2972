import { Trans } from '@lingui/react/macro'
import { IconBrandWhatsapp, IconId, IconMail, IconPhone } from '@tabler/icons-react'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { Ltr, Phone, Time } from '#shared/components/text'
import type { ContactDetail } from './api'

type Address = ContactDetail['addresses'][number]

/** The numbers of a contact, and folded below them the ids that WhatsApp uses in place of a number. */
export function Numbers({ contact }: { contact: ContactDetail }) {
  const isId = ({ kind }: Address) => kind === 'lid' || kind === 'bsuid'
  const shown = contact.addresses.filter(address => !isId(address))
  const hidden = contact.addresses.filter(isId)
  return (
    <section>
      <h2>
        <Trans>מספרים</Trans>
      </h2>
      {shown.length === 0 && (
        <p className="muted">
          <Trans>המספר עוד לא ידוע. WhatsApp מסרה רק מזהה.</Trans>
        </p>
      )}
      <ul>
        {shown.map(address => (
          <li key={address.id} className="num-row">
            <Icon icon={iconOf(address)} size="s" />
            <span className="grow">
              {address.kind === 'mail' ? <Ltr>{address.value}</Ltr> : <Phone number={address.value} />}
            </span>
            <span className="small faint">
              {address.former_at ? (
                <Trans>
                  עד <Time at={address.former_at} style="date" />
                </Trans>
              ) : (
                address.value === contact.number && <Trans>ראשי</Trans>
              )}
            </span>
          </li>
        ))}
      </ul>
      {hidden.length > 0 && (
        <details className="ids">
          <summary>
            <Trans>מזהים של WhatsApp</Trans>
          </summary>
          <ul>
            {hidden.map(({ id, value }) => (
              <li key={id} className="num-row">
                <Icon icon={IconId} size="s" />
                <Ltr className="token">{value}</Ltr>
              </li>
            ))}
          </ul>
          <p className="small muted">
            <Trans>כך WhatsApp מכירה את הלקוח בלי לגלות את המספר. לפיהם הודעות מגיעות לכרטיס הזה.</Trans>
          </p>
        </details>
      )}
    </section>
  )
}

const iconOf = ({ kind }: Address): IconGlyph =>
  kind === 'twilio_wa' ? IconBrandWhatsapp : kind === 'mail' ? IconMail : IconPhone
