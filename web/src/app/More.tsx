import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconLanguage, IconLogout, IconSearch } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useSession } from '#shared/session'
import { useLanguageSwitch, useLogOut, useScheme } from './preferences'
import { inBar } from './Rail'
import { commands, navigation } from './registry'

/** The phone's page for everything that has no place in the bar. */
export function More({ onSearch }: { onSearch: () => void }) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const language = useLanguageSwitch()
  const { scheme, choose } = useScheme()
  const logOut = useLogOut()
  const bar = inBar()
  const links = [
    ...navigation.filter(entry => !bar.includes(entry)),
    ...commands.filter(({ href, ownerOnly }) => href && (isOwner || !ownerOnly)),
  ]
  const unique = links.filter((link, at) => links.findIndex(({ href }) => href === link.href) === at)
  return (
    <main className="page narrow">
      <h1>
        <Trans>עוד</Trans>
      </h1>
      <button className="menu-row" type="button" onClick={onSearch}>
        <Icon icon={IconSearch} />
        <Trans>חיפוש</Trans>
      </button>
      {unique.map(({ href, icon, label }) => (
        <Link key={href} className="menu-row" href={href ?? ''}>
          <Icon icon={icon} />
          {i18n._(label)}
        </Link>
      ))}
      <button className="menu-row" type="button" lang={language.other} onClick={language.choose}>
        <Icon icon={IconLanguage} />
        {language.otherName}
      </button>
      <fieldset className="seg scheme" aria-label={t`תצוגה`}>
        {(['light', 'dark', 'auto'] as const).map(value => (
          <button key={value} type="button" aria-current={scheme === value || undefined} onClick={() => choose(value)}>
            {{ light: t`בהיר`, dark: t`כהה`, auto: t`כמו המכשיר` }[value]}
          </button>
        ))}
      </fieldset>
      <button className="menu-row" type="button" onClick={() => void logOut()}>
        <Icon icon={IconLogout} />
        <Trans>יציאה</Trans>
      </button>
    </main>
  )
}
