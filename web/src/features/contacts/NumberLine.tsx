import { Trans, useLingui } from '@lingui/react/macro'
import { IconBrandWhatsapp, IconMail, IconPencil, IconPhone, IconStar, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { useEdit } from '#shared/api/edit'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Ltr, Phone, Time } from '#shared/components/text'
import { isolate } from '#shared/format/bidi'
import { formatPhone } from '#shared/format/phone'
import { useCountry } from '#shared/session'
import { type Address, type ContactDetail, refresh, request } from './api'
import { NumberForm } from './NumberForm'

const iconOf = ({ kind }: Address): IconGlyph =>
  kind === 'twilio_wa' ? IconBrandWhatsapp : kind === 'mail' ? IconMail : IconPhone

export function NumberLine({ address, contact }: { address: Address; contact: ContactDetail }) {
  const { t } = useLingui()
  const country = useCountry()
  const [isEdited, setEdited] = useState(false)
  const edit = useEdit<Address>(address.etag, { follows: true })
  const shown = isolate(formatPhone(address.value, country))
  const isMain = address.kind === 'phone' && !address.former_at && address.value === contact.number
  const setMain = (id: number) =>
    request('PATCH', '/api/contacts/{id}/numbers/{number_id}', {
      params: { path: { id: contact.id, number_id: id } },
      body: { main: true },
    })
  const choose = useAction({
    run: () => setMain(address.id),
    done: () => t`המספר הראשי הוא עכשיו ${shown}`,
    undo: async () => {
      const before = contact.addresses.find(({ kind, value }) => kind === 'phone' && value === contact.number)
      if (before) await setMain(before.id)
      refresh('/api/contacts')
    },
    onDone: () => refresh('/api/contacts'),
  })
  const remove = useAction({
    run: () =>
      request('DELETE', '/api/contacts/{id}/numbers/{number_id}', {
        params: { path: { id: contact.id, number_id: address.id } },
        headers: edit.headers(),
      }),
    done: () => t`המספר ${shown} הוסר`,
    undo: async () => {
      const { id: restored_id, value: number, former_at } = address
      await request('POST', '/api/contacts/{id}/numbers', {
        params: { path: { id: contact.id } },
        body: { number, restored_id, main: isMain, ...(former_at && { former_at }) },
      })
      refresh('/api/contacts')
    },
    onDone: () => refresh('/api/contacts'),
    onError: error => {
      refresh('/api/contacts')
      return edit.refused(error)
    },
  })
  if (isEdited) {
    return (
      <li>
        <NumberForm contact={contact} address={address} close={() => setEdited(false)} />
      </li>
    )
  }
  return (
    <li>
      <div className="num-row">
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
            isMain && <Trans>ראשי</Trans>
          )}
        </span>
        {address.kind === 'phone' && (
          <>
            {!isMain && !address.former_at && (
              <button
                className="btn quiet icon"
                type="button"
                aria-label={t`${shown}: המספר הראשי`}
                title={t`להפוך למספר הראשי`}
                disabled={choose.isPending}
                onClick={() => choose.mutate()}
              >
                <Icon icon={IconStar} size="s" />
              </button>
            )}
            <button
              className="btn quiet icon"
              type="button"
              aria-label={t`תיקון המספר ${shown}`}
              onClick={() => setEdited(true)}
            >
              <Icon icon={IconPencil} size="s" />
            </button>
            <button
              className="btn quiet icon"
              type="button"
              aria-label={t`הסרת המספר ${shown}`}
              disabled={remove.isPending}
              onClick={() => remove.mutate()}
            >
              <Icon icon={IconTrash} size="s" />
            </button>
          </>
        )}
      </div>
      <RemovalRefused edit={edit} show={theirs => <Phone number={theirs.value} />} remove={() => remove.mutate()} />
    </li>
  )
}
