import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import {
  IconArrowLeft,
  IconArrowsJoin,
  IconCalendarPlus,
  IconDots,
  IconDownload,
  IconMessage2,
  IconPhone,
} from '@tabler/icons-react'
import { useLocation } from 'wouter'
import { useAllPages } from '#shared/api/all-pages'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { NextAppointment } from '#shared/components/NextAppointment'
import { Name, Phone, Time } from '#shared/components/text'
import type { ContactDetail } from './api'
import { Block } from './Block'
import { EditName } from './EditName'
import { Fields } from './Fields'
import { Language } from './Language'
import { Numbers } from './Numbers'
import { OptOut } from './OptOut'
import { Relation } from './Relation'
import { TagsEditor } from './TagsEditor'

export function ContactCard({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const { id, number, created_at } = contact
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="scroll id" tabIndex={0} aria-label={t`פרטי הלקוח`}>
      <div>
        <div className="row id-top">
          <Link className="btn quiet" href="/app/contacts">
            <Icon icon={IconArrowLeft} size="s" />
            <Trans>לקוחות</Trans>
          </Link>
          <span className="grow" />
          <CardMenu contact={contact} />
        </div>
        <EditName key={id} contact={contact} />
        <p className="muted">
          <Trans>
            ברשימה מאז <Time at={created_at} style="date" />
          </Trans>
        </p>
        <TagsEditor contact={contact} />
      </div>
      <div className="acts">
        <Link className="btn" href={`/app/inbox/${id}`}>
          <Icon icon={IconMessage2} />
          <Trans>הודעה</Trans>
        </Link>
        {number ? (
          <a className="btn" href={`tel:${number}`}>
            <Icon icon={IconPhone} />
            <Trans>חיוג</Trans>
          </a>
        ) : (
          <span className="btn quiet" title={t`אין מספר טלפון`} aria-disabled>
            <Icon icon={IconPhone} />
            <Trans>אין מספר</Trans>
          </span>
        )}
        <Link className="btn" href={`/calendar?new=1&contact=${id}`}>
          <Icon icon={IconCalendarPlus} />
          <Trans>תור</Trans>
        </Link>
      </div>
      <Duplicate id={id} />
      <NextAppointment contact={contact} />
      <Numbers contact={contact} />
      <Fields contact={contact} />
      <Language contact={contact} />
      <OptOut contact={contact} />
      <Relation contact={contact} />
      <Block contact={contact} />
    </section>
  )
}

function Duplicate({ id }: { id: number }) {
  const { data } = useAllPages('/api/merge-suggestions')
  const found = data?.items.find(({ contact, other_contact }) => contact.id === id || other_contact.id === id)
  if (!found) return null
  const other = found.contact.id === id ? found.other_contact : found.contact
  return (
    <div className="problem same">
      <div className="grow">
        <b>
          <Trans>אולי זה אותו לקוח</Trans>
        </b>
        <p className="small">
          <Name name={other.display_name} />
          {', '}
          <Phone number={found.address} />
        </p>
      </div>
      <Link
        className="btn"
        href={`/app/contacts/merge?keep=${found.contact.id}&other=${found.other_contact.id}&suggestion=${found.id}`}
      >
        <Trans>השוואה</Trans>
      </Link>
    </div>
  )
}

function CardMenu({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const [, go] = useLocation()
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <button className="btn quiet icon" type="button" aria-label={t`עוד פעולות`}>
          <Icon icon={IconDots} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<Icon icon={IconArrowsJoin} />}
          onClick={() => go(`/app/contacts/merge?keep=${contact.id}`)}
        >
          <Trans>איחוד עם לקוח אחר</Trans>
        </Menu.Item>
        <Menu.Item
          component="a"
          href={`/api/contacts/${contact.id}/export`}
          download
          leftSection={<Icon icon={IconDownload} />}
        >
          <Trans>הורדת כל המידע</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
