import { Trans } from '@lingui/react/macro'
import { IconId, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { Ltr } from '#shared/components/text'
import type { Address, ContactDetail } from './api'
import { NumberForm } from './NumberForm'
import { NumberLine } from './NumberLine'

export function Numbers({ contact }: { contact: ContactDetail }) {
  const isId = ({ kind }: Address) => kind === 'lid' || kind === 'bsuid'
  const isMain = ({ value }: Address) => value === contact.number
  // The main number first.
  const shown = contact.addresses
    .filter(address => !isId(address))
    .sort((a, b) => Number(isMain(b)) - Number(isMain(a)))
  const hidden = contact.addresses.filter(isId)
  const [isAdding, setAdding] = useState(false)
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
          <NumberLine key={address.id} address={address} contact={contact} />
        ))}
      </ul>
      {isAdding ? (
        <NumberForm contact={contact} close={() => setAdding(false)} />
      ) : (
        <button className="btn quiet add-field" type="button" onClick={() => setAdding(true)}>
          <Icon icon={IconPlus} size="s" />
          <Trans>הוספת מספר</Trans>
        </button>
      )}
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
