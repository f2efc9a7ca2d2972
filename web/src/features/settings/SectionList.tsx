import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch, IconUserCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useSession } from '#shared/session'
import { find, type Item, SECTIONS, sectionOf } from './sections'

/** The maximum number of search hits. */
const MOST_HITS = 30

interface Props {
  items: readonly Item[]
  current: string | undefined
  /** Whether the list is the whole page (on a phone). */
  isPage: boolean
}

/** The list of sections, with a search over all settings. */
export function SectionList({ items, current, isPage }: Props) {
  const { t } = useLingui()
  const [query, setQuery] = useState('')
  const Heading = isPage ? 'h1' : 'h2'
  return (
    <div className="settings-list">
      <Heading className="title">
        <Trans>הגדרות</Trans>
      </Heading>
      <div className="search">
        <Icon icon={IconSearch} />
        <input
          type="search"
          placeholder={t`חיפוש בהגדרות`}
          aria-label={t`חיפוש בהגדרות`}
          value={query}
          onChange={event => setQuery(event.target.value)}
        />
      </div>
      {query.trim() ? <Hits items={items} query={query} /> : <Sections current={current} />}
    </div>
  )
}

function Sections({ current }: { current: string | undefined }) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  return (
    <nav aria-label={t`הגדרות`}>
      <ul>
        {SECTIONS.filter(({ ownerOnly }) => isOwner || !ownerOnly).map(({ id, title, icon, href }) => (
          <li key={id}>
            <Link href={href ?? `/app/settings/${id}`} aria-current={id === current ? 'page' : undefined}>
              <Icon icon={icon} />
              {i18n._(title)}
            </Link>
          </li>
        ))}
        <li>
          <Link href="/app/account">
            <Icon icon={IconUserCircle} />
            <Trans>החשבון שלי וכניסות</Trans>
          </Link>
        </li>
      </ul>
    </nav>
  )
}

function Hits({ items, query }: { items: readonly Item[]; query: string }) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const word = query.trim().toLocaleLowerCase()
  const sections = SECTIONS.filter(
    ({ title, ownerOnly }) => (isOwner || !ownerOnly) && i18n._(title).toLocaleLowerCase().includes(word),
  )
  const titleOf = (item: Item) => {
    const section = SECTIONS.find(({ id }) => id === sectionOf(item))
    return section ? i18n._(section.title) : ''
  }
  const hits = find(items, query)
    .filter(item => isOwner || !SECTIONS.find(({ id }) => id === sectionOf(item))?.ownerOnly)
    .slice(0, MOST_HITS)
  return (
    <nav aria-label={t`תוצאות החיפוש`}>
      <p className="vh" role="status">
        {hits.length + sections.length > 0 ? t`נמצאו ${hits.length + sections.length}` : t`לא נמצא`}
      </p>
      {hits.length + sections.length === 0 && (
        <p className="muted" style={{ paddingInline: 10 }}>
          <Trans>
            לא מצאנו הגדרה עם ״<bdi>{query.trim()}</bdi>״. אפשר לנסות מילה אחת, או חלק ממנה.
          </Trans>
        </p>
      )}
      <ul>
        {sections.map(({ id, title, icon, href }) => (
          <li key={id}>
            <Link href={href ?? `/app/settings/${id}`}>
              <Icon icon={icon} />
              {i18n._(title)}
            </Link>
          </li>
        ))}
        {hits.map(item => (
          <li key={item.key}>
            <Link href={`/app/settings/${sectionOf(item)}?at=${item.key}`}>
              <span>
                {item.title}
                <span className="small muted" style={{ display: 'block' }}>
                  {titleOf(item)}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
