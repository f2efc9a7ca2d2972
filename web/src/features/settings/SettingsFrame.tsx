import { useLingui } from '@lingui/react/macro'
import { useMediaQuery } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { SectionList } from './SectionList'
import { SECTIONS } from './sections'
import { useSettings } from './use-settings'
import './settings.css'

/** A phone shows only the page, without the list of sections. */
export default function SettingsFrame({ children }: { children: ReactNode }) {
  const { t } = useLingui()
  const isWide = useMediaQuery('(min-width: 768px)', undefined, { getInitialValueInEffect: false })
  const [path] = useLocation()
  const { data } = useSettings()
  if (!isWide) return children
  return (
    <div className="settings">
      <aside className="settings-side" aria-label={t`הגדרות`}>
        <SectionList
          items={data?.items ?? []}
          current={SECTIONS.find(({ href }) => href === path)?.id}
          isPage={false}
        />
      </aside>
      <div className="settings-pane framed">{children}</div>
    </div>
  )
}
