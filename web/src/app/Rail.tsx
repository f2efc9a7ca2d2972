import { useLingui as useTexts } from '@lingui/react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMediaQuery } from '@mantine/hooks'
import { IconDots, IconSearch } from '@tabler/icons-react'
import { Suspense } from 'react'
import { useLocation } from 'wouter'
import { Brand } from '#shared/components/Brand'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import type { NavEntry } from '#shared/feature'
import { letterOf } from '#shared/keys'
import { home, navigation, userMenu } from './registry'

const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
const none = () => 0

/** The highest number in a badge. The list of open tasks, which one badge counts, is fetched only up to 100. */
const MAX_SHOWN = 99

const isCurrent = (entry: NavEntry, path: string) => path === entry.href || path.startsWith(`${entry.href}/`)

function Entry({ entry }: { entry: NavEntry }) {
  const [path] = useLocation()
  const { i18n } = useTexts()
  const count = (entry.useBadge ?? none)()
  const isShown = count > 0 || !entry.isHiddenWhenZero || isCurrent(entry, path)
  if (!isShown) return null
  return (
    <Link
      href={entry.href}
      className={entry.isUrgent ? 'urgent' : undefined}
      aria-current={isCurrent(entry, path) ? 'page' : undefined}
      title={entry.key ? `${i18n._(entry.label)} · G ${letterOf(entry.key)}` : undefined}
    >
      <Icon icon={entry.icon} />
      <span>{i18n._(entry.label)}</span>
      {count > 0 && (
        <span className="n">
          <span aria-hidden>{count > MAX_SHOWN ? `${MAX_SHOWN}+` : count}</span>
          <span className="vh">
            {count > MAX_SHOWN ? (
              <Trans>יותר מ־{MAX_SHOWN} ממתינות</Trans>
            ) : (
              <Plural value={count} one="אחת ממתינה" two="שתיים ממתינות" other="# ממתינות" />
            )}
          </span>
        </span>
      )}
    </Link>
  )
}

export function Rail({ onSearch }: { onSearch: () => void }) {
  const { t } = useLingui()
  const isShown = useMediaQuery('(min-width: 768px)', undefined, { getInitialValueInEffect: false })
  return (
    <nav className="rail" aria-label={t`ראשי`}>
      <Link className="brand" href={home()} aria-label={t`להתחלה`}>
        <Brand />
      </Link>
      {navigation
        .filter(({ place }) => place === 'main')
        .map(entry => (
          <Entry key={entry.href} entry={entry} />
        ))}
      <span className="grow" />
      <button className="nav" type="button" onClick={onSearch} aria-keyshortcuts="Control+K Meta+K /">
        <Icon icon={IconSearch} />
        <span>
          <Trans>חיפוש</Trans>
        </span>
        <kbd>{isMac ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      {navigation
        .filter(({ place }) => place === 'end')
        .map(entry => (
          <Entry key={entry.href} entry={entry} />
        ))}
      {isShown && (
        <Suspense fallback={<span className="user-menu-space" />}>
          <userMenu.Component />
        </Suspense>
      )}
    </nav>
  )
}

export const inBar = (): readonly NavEntry[] => navigation.filter(({ place }) => place === 'main').slice(0, 4)

export function Tabs() {
  const { t } = useLingui()
  const [path] = useLocation()
  const entries = inBar()
  const isElsewhere = !entries.some(entry => isCurrent(entry, path))
  return (
    <nav className="tabs" aria-label={t`ראשי, טלפון`}>
      {entries.map(entry => (
        <Entry key={entry.href} entry={entry} />
      ))}
      <Link href="/app/more" aria-current={isElsewhere ? 'page' : undefined}>
        <Icon icon={IconDots} />
        <span>
          <Trans>עוד</Trans>
        </span>
      </Link>
    </nav>
  )
}
