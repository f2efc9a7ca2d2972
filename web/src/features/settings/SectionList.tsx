import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { moveFocus } from '#shared/keys'
import { useSession } from '#shared/session'
import { type Hit, search } from './search'
import { hrefOf, type Item, SECTIONS } from './sections'

interface Props {
  items: readonly Item[]
  current: string | undefined
  /** Whether the list is the whole page (on a phone). */
  isPage: boolean
}

export function SectionList({ items, current, isPage }: Props) {
  const { t } = useLingui()
  const [query, setQuery] = useState('')
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const [, navigate] = useLocation()
  const hits = search(items, query, isOwner, text => i18n._(text))
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
          onKeyDown={event => {
            if (event.key === 'Enter' && hits[0] && !event.nativeEvent.isComposing) navigate(hits[0].href)
            moveByArrows(event)
          }}
        />
      </div>
      {query.trim() ? <Hits hits={hits} query={query} /> : <Sections current={current} />}
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
        {SECTIONS.filter(({ ownerOnly }) => isOwner || !ownerOnly).map(section => (
          <li key={section.id}>
            <Link
              href={hrefOf(section)}
              aria-current={section.id === current ? 'page' : undefined}
              onKeyDown={moveByArrows}
            >
              <Icon icon={section.icon} />
              {i18n._(section.title)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function Hits({ hits, query }: { hits: readonly Hit[]; query: string }) {
  const { t } = useLingui()
  return (
    <nav aria-label={t`תוצאות החיפוש`}>
      <p className="vh" role="status">
        {hits.length > 0 ? t`נמצאו ${hits.length}` : t`לא נמצא`}
      </p>
      {hits.length === 0 && (
        <p className="muted" style={{ paddingInline: 10 }}>
          <Trans>
            לא מצאנו הגדרה עם ״<bdi>{query.trim()}</bdi>״. אפשר לנסות מילה אחת, או חלק ממנה.
          </Trans>
        </p>
      )}
      <ul>
        {hits.map(({ key, title, href, within, icon }) => (
          <li key={key}>
            <Link href={href} onKeyDown={moveByArrows}>
              {icon && <Icon icon={icon} />}
              <span>
                {title}
                {within && (
                  <span className="small muted" style={{ display: 'block' }}>
                    {within}
                  </span>
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** Above the first section is the search field. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  moveFocus(event, '.settings-list', 'input, nav a', { ArrowDown: 1, ArrowUp: -1 })
}
