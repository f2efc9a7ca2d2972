import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks'
import { IconArrowLeft } from '@tabler/icons-react'
import { useParams } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { deferred, usePreload } from '#shared/deferred'
import { useSession } from '#shared/session'
import { SectionList } from './SectionList'
import { SECTIONS, type Section } from './sections'
import { useSettings } from './use-settings'
import './settings.css'

// A phone opens the list of sections without this code.
const SectionBody = deferred(
  async () => (await import('./SectionBody')).SectionBody,
  <SkeletonRows count={5} height={92} />,
)

const WIDE = '(min-width: 768px)'

/** Where a section is shown, its code is loaded before the page. */
export const prepare = async () => {
  if (/\/settings\/\w/.test(location.pathname) || matchMedia(WIDE).matches) await SectionBody.preload()
}

/** A phone shows either the list of sections or a section. */
export default function SettingsPage() {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const { section: id } = useParams<{ section?: string }>()
  const isWide = useMediaQuery(WIDE, undefined, { getInitialValueInEffect: false })
  usePreload(SectionBody)
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
