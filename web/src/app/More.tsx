import type { MessageDescriptor } from '@lingui/core'
import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconLanguage, IconLogout, IconSearch } from '@tabler/icons-react'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useSession } from '#shared/session'
import { useLanguageSwitch, useLogOut, useScheme } from './preferences'
import { inBar } from './Rail'
import { commands, navigation } from './registry'

interface Row {
  href: string
  icon: IconGlyph
  label: MessageDescriptor
  group: 'work' | 'business' | 'account'
}

/** The page "More" on phones, with the links that have no place in the bottom bar. */
export function More({ onSearch }: { onSearch: () => void }) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const language = useLanguageSwitch()
  const { scheme, choose } = useScheme()
  const logOut = useLogOut()
  const bar = inBar().map(({ href }) => href)
  const known = new Set(bar)
  // A link with a query acts on a page that already has its own row, and the sections of the settings are on the
  // settings page.
  const isOwnRow = (href: string) => !href.includes('?') && !href.startsWith('/app/settings/')
  const rows: Row[] = []
  for (const link of [...commands.filter(({ more }) => more), ...navigation, ...commands]) {
    const { href } = link
    const isAllowed = isOwner || !('ownerOnly' in link && link.ownerOnly)
    if (!href || known.has(href) || !isOwnRow(href) || !isAllowed) continue
    known.add(href)
    rows.push({ href, icon: link.icon, label: link.label, group: ('more' in link && link.more) || 'work' })
  }
  const list = (group: Row['group']) =>
    rows
      .filter(row => row.group === group)
      .map(({ href, icon, label }) => (
        <Link key={href} className="menu-row" href={href}>
          <Icon icon={icon} />
          {i18n._(label)}
        </Link>
      ))
  return (
    <main className="page narrow">
      <h1>
        <Trans>עוד</Trans>
      </h1>
      <button className="menu-row" type="button" onClick={onSearch}>
        <Icon icon={IconSearch} />
        <Trans>חיפוש</Trans>
      </button>
      {list('work')}
      <h2 className="menu-group">
        <Trans>העסק והסוכן</Trans>
      </h2>
      {list('business')}
      <h2 className="menu-group">
        <Trans>החשבון שלי</Trans>
      </h2>
      {list('account')}
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
      <button className="menu-row" type="button" onClick={logOut}>
        <Icon icon={IconLogout} />
        <Trans>יציאה</Trans>
      </button>
    </main>
  )
}
