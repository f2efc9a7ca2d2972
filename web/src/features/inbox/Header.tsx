import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import {
  IconArchive,
  IconArchiveOff,
  IconArrowLeft,
  IconCalendarPlus,
  IconCheck,
  IconCheckbox,
  IconDotsVertical,
  IconFilter,
  IconFilterFilled,
  IconLayoutSidebarRight,
  IconPhone,
  IconUser,
} from '@tabler/icons-react'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { BackCloses } from '#shared/components/BackCloses'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Dot, Name, Phone, Time } from '#shared/components/text'
import { isPhone } from '#shared/format/phone'
import { useConversationActions } from './actions'
import type { Contact } from './api'
import { NameDialog } from './card/NameDialog'
import { archivedOf } from './model/person'
import { FilterItems, type Filtering } from './timeline/Filtered'

interface Props extends Filtering {
  contact: Contact
  number: string | null
  onArchive: () => void
  onTask: () => void
  onCard: () => void
}

export function Header({ contact, number, filter, onFilter, onArchive, onTask, onCard }: Props) {
  const { t } = useLingui()
  const [, go] = useLocation()
  const { finish } = useConversationActions()
  const [isNaming, setNaming] = useState(false)
  const hasName = contact.display_name.trim() !== '' && !isPhone(contact.display_name)
  const isArchived = archivedOf(contact)
  const waits = contact.threads.some(({ turn }) => turn === 'us')
  const archive = isArchived ? t`החזרה מהארכיון` : t`העברה לארכיון`
  const archiveIcon = isArchived ? IconArchiveOff : IconArchive
  return (
    <div className="sticky">
      <header className="head">
        <Link className="hit phone-only back" href={`/app/inbox${location.search}`} aria-label={t`חזרה לפניות`}>
          <Icon icon={IconArrowLeft} size="l" />
        </Link>
        <div className="grow">
          <h2 className="clip">
            <Name name={contact.display_name} number={number} />
          </h2>
          <p className="small muted clip">
            {number && hasName && (
              <>
                <Phone number={number} />
                <Dot />
              </>
            )}
            {!hasName && (
              <>
                <button className="link-in-text" type="button" onClick={() => setNaming(true)}>
                  <Trans>הוספת שם</Trans>
                </button>
                <Dot />
              </>
            )}
            <Trans>
              לקוח מאז <Time at={contact.created_at} style="date" />
            </Trans>
          </p>
        </div>
        {contact.relation !== 'customer' && (
          <Link className="chip" href={`/app/contacts/${contact.id}`}>
            {contact.relation === 'vip' ? <Trans>VIP</Trans> : <Trans>צוות</Trans>}
          </Link>
        )}
        {contact.blocked && (
          <Link className="chip warn" href={`/app/contacts/${contact.id}`}>
            <Trans>חסום</Trans>
          </Link>
        )}
        {waits && (
          <button
            className="btn quiet desk-only"
            type="button"
            aria-label={t`טופל, אין צורך בתשובה`}
            onClick={() => finish.mutate(contact.id)}
          >
            <Icon icon={IconCheck} />
            <span className="wide-only">
              <Trans>טופל</Trans>
            </span>
          </button>
        )}
        {number && (
          <a className="btn quiet icon" href={`tel:${number}`} aria-label={t`חיוג ללקוח`}>
            <Icon icon={IconPhone} />
          </a>
        )}
        <button
          className="btn quiet icon desk-only"
          type="button"
          aria-label={t`משימה חדשה`}
          aria-keyshortcuts="T"
          onClick={onTask}
        >
          <Icon icon={IconCheckbox} />
        </button>
        {isArchived !== null && (
          <button
            className="btn quiet icon desk-only"
            type="button"
            aria-label={archive}
            aria-keyshortcuts="E"
            onClick={onArchive}
          >
            <Icon icon={archiveIcon} />
          </button>
        )}
        <button
          className="btn quiet icon desk-only card-button"
          type="button"
          aria-label={t`כרטיס לקוח`}
          onClick={onCard}
        >
          <Icon icon={IconLayoutSidebarRight} />
        </button>
        <Menu position="bottom-end" width={180}>
          <Menu.Target>
            <button className="btn quiet icon desk-only" type="button" aria-label={t`מה מוצג`}>
              <Icon icon={filter === 'all' ? IconFilter : IconFilterFilled} />
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            <FilterItems filter={filter} onFilter={onFilter} />
          </Menu.Dropdown>
        </Menu>
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <button className="btn quiet icon phone-only" type="button" aria-label={t`עוד פעולות`}>
              <Icon icon={IconDotsVertical} />
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            {waits && (
              <Menu.Item leftSection={<Icon icon={IconCheck} />} onClick={() => finish.mutate(contact.id)}>
                <Trans>טופל, אין צורך בתשובה</Trans>
              </Menu.Item>
            )}
            <Menu.Item leftSection={<Icon icon={IconCheckbox} />} onClick={onTask}>
              <Trans>משימה חדשה</Trans>
            </Menu.Item>
            <Menu.Item
              leftSection={<Icon icon={IconCalendarPlus} />}
              onClick={() => go(`/calendar?new=1&contact=${contact.id}`)}
            >
              <Trans>קביעת תור</Trans>
            </Menu.Item>
            {isArchived !== null && (
              <Menu.Item leftSection={<Icon icon={archiveIcon} />} onClick={onArchive}>
                {archive}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<Icon icon={IconUser} />} onClick={() => go(`/app/contacts/${contact.id}`)}>
              <Trans>כרטיס לקוח</Trans>
            </Menu.Item>
            <Menu.Divider />
            <Menu.Label>
              <Trans>מה מוצג</Trans>
            </Menu.Label>
            <FilterItems filter={filter} onFilter={onFilter} />
          </Menu.Dropdown>
        </Menu>
      </header>
      {isNaming && <BackCloses close={() => setNaming(false)} />}
      {isNaming && <NameDialog contact={contact} number={number} onClose={() => setNaming(false)} />}
    </div>
  )
}
