import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconArrowsJoin, IconDots, IconDownload } from '@tabler/icons-react'
import { useLocation } from 'wouter'
import { Icon } from '#shared/components/Icon'
import type { ContactDetail } from './api'

/** A menu with the less frequent actions of the card. */
export function CardMenu({ contact }: { contact: ContactDetail }) {
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
