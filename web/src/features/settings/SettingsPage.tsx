import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks'
import { IconArrowLeft } from '@tabler/icons-react'
import { useParams } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useSession } from '#shared/session'
import { SectionBody } from './SectionBody'
import { SectionList } from './SectionList'
import { SECTIONS, type Section } from './sections'
import { useSettings } from './use-settings'
import './settings.css'

/** A phone shows either the list of sections or a section. */
export default function SettingsPage() {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const { section: id } = useParams<{ section?: string }>()
  const isWide = useMediaQuery('(min-width: 768px)', undefined, { getInitialValueInEffect: false })
  const query = useSettings()
  const shown =
    SECTIONS.find(section => section.id === id && !section.href) ?? (isWide && !id ? SECTIONS[0] : undefined)
  const isList = !id
  useDocumentTitle(shown ? `${t`הגדרות`}: ${i18n._(shown.title)}` : t`הגדרות`)
  return (
    <main className="settings">
      {(isWide || isList) && <SectionList items={query.data?.items ?? []} current={shown?.id} isPage={!isWide} />}
      {(isWide || !isList) && (
        <section className="settings-pane" tabIndex={-1} aria-labelledby="section-title">
          <div className="settings-form">
            {!isWide && (
              <Link className="btn quiet back" href="/app/settings">
                <Icon icon={IconArrowLeft} size="s" />
                <Trans>הגדרות</Trans>
              </Link>
            )}
            <h1 id="section-title">{shown ? i18n._(shown.title) : <Trans>אין הגדרות כאלה</Trans>}</h1>
            {shown && isAllowed(shown, isOwner) && (
              <Loaded
                query={query}
                skeleton={<SkeletonRows count={5} height={92} />}
                title={<Trans>ההגדרות לא נטענו. הן בתוקף כרגיל</Trans>}
              >
                {({ items }) => <SectionBody key={shown.id} section={shown} items={items} />}
              </Loaded>
            )}
            {shown && !isAllowed(shown, isOwner) && (
              <EmptyState title={<Trans>רק לבעלי העסק</Trans>}>
                <Trans>אפשר לבקש מבעלי העסק לעשות את זה, או לתת לכם הרשאה של בעלים.</Trans>
              </EmptyState>
            )}
          </div>
        </section>
      )}
    </main>
  )
}

const isAllowed = (section: Section, isOwner: boolean) => isOwner || !section.ownerOnly
