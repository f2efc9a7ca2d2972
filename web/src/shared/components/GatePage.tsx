import { Trans } from '@lingui/react/macro'
import { IconLock, IconLockOpen } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { chooseLocale, useLocale } from '../i18n/locale'
import type { Part } from '../waveform'
import { Brand } from './Brand'
import { Icon } from './Icon'
import { Ltr } from './text'
import { PictureOfCall } from './Waveform'

const CALL: readonly Part[] = [
  [0, 0.05, 'agent'],
  [0.07, 0.17, 'them'],
  [0.19, 0.3, 'agent'],
  [0.32, 0.36, 'them'],
  [0.38, 0.5, 'agent'],
  [0.52, 0.66, 'them'],
  [0.68, 0.74, 'you'],
  [0.76, 0.84, 'them'],
  [0.86, 1, 'you'],
]

export function GatePage({ children, isWide = false }: { children: ReactNode; isWide?: boolean }) {
  const locale = useLocale()
  const other = locale === 'he' ? 'en' : 'he'
  const isSecure = location.protocol === 'https:'
  return (
    <main className="gate">
      <div className={isWide ? 'in wide' : 'in'}>
        <span className="brand">
          <Brand />
        </span>
        {children}
      </div>
      <footer>
        <PictureOfCall seed={19} parts={CALL} height={84} />
        <div className="foot">
          <span>
            <Icon icon={isSecure ? IconLock : IconLockOpen} size="s" />{' '}
            {isSecure ? <Trans>חיבור מאובטח</Trans> : <Trans>חיבור לא מוצפן</Trans>}, <Ltr>{location.host}</Ltr>
          </span>
          <button className="btn link" type="button" lang={other} onClick={() => void chooseLocale(other)}>
            {other === 'en' ? 'English' : 'עברית'}
          </button>
        </div>
      </footer>
    </main>
  )
}
