import { Trans } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import {
  IconBrightness,
  IconCheck,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from '@tabler/icons-react'
import { useLocation } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Hidden } from '#shared/components/text'
import { useSession } from '#shared/session'
import { useLanguageSwitch, useLogOut, useScheme } from './preferences'

export function UserMenu() {
  const { user } = useSession()
  const [, go] = useLocation()
  const language = useLanguageSwitch()
  const { scheme, choose } = useScheme()
  const logOut = useLogOut()
  const name = user?.name ?? 'API'
  const chosen = (value: string) => (scheme === value ? <Icon icon={IconCheck} size="s" /> : undefined)
  return (
    <Menu position="right-end" width={220}>
      <Menu.Target>
        <button className="nav" type="button">
          <span className="who" aria-hidden>
            {Array.from(name.trim()).slice(0, 2).join('')}
          </span>
          <Hidden>
            <Trans>החשבון של {name}</Trans>
          </Hidden>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <bdi>{name}</bdi>
        </Menu.Label>
        <Menu.Item leftSection={<Icon icon={IconUserCircle} />} onClick={() => go('/app/account')}>
          <Trans>החשבון שלי</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<Icon icon={IconLanguage} />} lang={language.other} onClick={language.choose}>
          {language.otherName}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>
          <Trans>תצוגה</Trans>
        </Menu.Label>
        <Menu.Item leftSection={<Icon icon={IconSun} />} rightSection={chosen('light')} onClick={() => choose('light')}>
          <Trans>בהיר</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<Icon icon={IconMoon} />} rightSection={chosen('dark')} onClick={() => choose('dark')}>
          <Trans>כהה</Trans>
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon icon={IconBrightness} />}
          rightSection={chosen('auto')}
          onClick={() => choose('auto')}
        >
          <Trans>כמו המכשיר</Trans>
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon icon={IconLogout} />} onClick={logOut}>
          <Trans>יציאה</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
