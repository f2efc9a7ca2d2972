import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconArrowLeft, IconBellOff, IconBellRinging, IconLockOpen } from '@tabler/icons-react'
import { useLocation } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { SwitchRow } from '#shared/components/SwitchRow'
import { useSession } from '#shared/session'
import './notifications.css'
import { type Choice, choose, useChoice } from './strip/choice'
import { support, usePermission } from './strip/permission'
import { show } from './strip/show'

export default function NotificationsPage() {
  const { t } = useLingui()
  useDocumentTitle(t`התראות בדפדפן`)
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <Link className="btn quiet back phone-only" href="/app/settings">
          <Icon icon={IconArrowLeft} size="s" />
          <Trans>הגדרות</Trans>
        </Link>
        <div className="page-head">
          <h1>
            <Trans>התראות בדפדפן</Trans>
          </h1>
        </div>
        <p className="muted lead">
          <Trans>
            כשהדף פתוח ולא מולכם, המכשיר מודיע על מה שמחכה לכם. כל דפדפן נקבע בנפרד. בכותרת הלשונית רואים תמיד כמה פניות
            מחכות.
          </Trans>
        </p>
        <Switches />
      </main>
    </div>
  )
}

function Switches() {
  const { t } = useLingui()
  const { isOwner } = useSession()
  const [, go] = useLocation()
  const choice = useChoice()
  const [permission, ask] = usePermission()
  const can = support()
  if (can === 'insecure') {
    return (
      <Problem
        icon={IconLockOpen}
        level="plain"
        title={<Trans>הדפדפן לא מרשה התראות, כי הכתובת מתחילה ב־http</Trans>}
        action={
          isOwner && (
            <Link className="btn" href="/app/settings/address">
              <Trans>לכתובת ולתעודה</Trans>
            </Link>
          )
        }
      >
        <Trans>פותחים את הדף בכתובת שמתחילה ב־https, ומפעילים אותן כאן.</Trans>
      </Problem>
    )
  }
  if (can === 'missing') {
    return (
      <Problem icon={IconBellOff} level="plain" title={<Trans>הדפדפן הזה לא מציג התראות של הדף</Trans>}>
        <Trans>אפשר להפעיל אותן במחשב, ב־Chrome, ב־Edge, ב־Firefox או ב־Safari.</Trans>
      </Problem>
    )
  }
  const isOn = choice.isOn && permission === 'granted'
  const turn = async (on: boolean) => {
    const answer = on && permission === 'default' ? await ask() : permission
    choose({ isOn: on && answer === 'granted' })
  }
  const part = (name: keyof Choice) => ({
    isOn: choice[name],
    isDisabled: !isOn,
    turn: (on: boolean) => choose({ [name]: on }),
  })
  const example = { title: t`לדוגמה`, body: t`הודעה חדשה`, tag: 'example', href: '/app/inbox' }
  return (
    <>
      {permission === 'denied' && (
        <Problem icon={IconBellOff} level="warn" title={<Trans>ההתראות של הדף חסומות בדפדפן הזה</Trans>}>
          <Trans>לוחצים על הסמל שליד הכתובת, מאשרים שם התראות, ומרעננים את הדף.</Trans>
        </Problem>
      )}
      <div className="notify-switches">
        <SwitchRow
          title={<Trans>להודיע בדפדפן הזה</Trans>}
          help={<Trans>הדפדפן יבקש אישור בפעם הראשונה. כשהדף מולכם, אין התראות.</Trans>}
          isOn={isOn}
          isDisabled={permission === 'denied'}
          turn={turn}
        />
        <h2 className="grp">
          <Trans>על מה</Trans>
        </h2>
        <SwitchRow title={<Trans>הודעה שמחכה לכם</Trans>} {...part('messages')} />
        <SwitchRow title={<Trans>שיחה שלא נענתה</Trans>} {...part('missed')} />
        <SwitchRow
          title={<Trans>שיחה שמתנהלת עכשיו</Trans>}
          help={<Trans>כשמישהו מתקשר והסוכן עונה, אפשר להקשיב מיד.</Trans>}
          {...part('live')}
        />
        <h2 className="grp">
          <Trans>מה רואים</Trans>
        </h2>
        <SwitchRow
          title={<Trans>גם את מה שנכתב</Trans>}
          help={<Trans>בלי זה רואים רק שם ומה קרה. התראות מופיעות גם כשהמסך נעול.</Trans>}
          {...part('words')}
        />
        {isOn && (
          <button className="btn" type="button" onClick={() => void show(example, go)}>
            <Icon icon={IconBellRinging} />
            <Trans>התראה לדוגמה</Trans>
          </button>
        )}
      </div>
    </>
  )
}
