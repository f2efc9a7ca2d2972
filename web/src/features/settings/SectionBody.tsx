import { useLingui as useTexts } from '@lingui/react'
import { Plural, Trans } from '@lingui/react/macro'
import { IconLock, IconPlugConnected } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { GreetingEditor } from '#shared/greeting/GreetingEditor'
import { useLocale } from '#shared/i18n/locale'
import { useSession } from '#shared/session'
import { useTarget, useTargetName } from '#shared/target'
import { AgentText } from './AgentText'
import { Audit } from './Audit'
import { Backups } from './Backups'
import { Certificate } from './Certificate'
import { Findings } from './Findings'
import { Health } from './Health'
import { RecentChanges } from './RecentChanges'
import { Restart } from './Restart'
import { RetentionNow } from './Retention'
import { SettingRow } from './SettingRow'
import { AGENT_TEXT, type Item, layout, type Section } from './sections'
import { Users } from './Users'

interface Props {
  section: Section
  items: readonly Item[]
}

export function SectionBody({ section, items }: Props) {
  const { i18n } = useTexts()
  const { isOwner } = useSession()
  const target = useTargetName()
  const { groups, rest } = layout(section, items)
  const keys = [...groups.flatMap(group => group.items), ...rest].map(({ key }) => key)
  const row = (item: Item) => <SettingRow key={item.key} item={item} />
  return (
    <>
      {!isOwner && keys.length > 0 && (
        <Problem icon={IconLock} level="plain" title={<Trans>רק בעלי העסק משנים הגדרות. כאן רואים מה בתוקף.</Trans>} />
      )}
      <Restart items={items} />
      <Own id={section.id} items={items} />
      {groups.map(group => (
        <section key={group.items[0]?.key}>
          <h2 className="grp">{i18n._(group.title)}</h2>
          {group.items.map(row)}
          {group.check && isOwner && <CheckButton check={group.check} />}
        </section>
      ))}
      {rest.length > 0 && (
        <details className="fold" open={rest.some(({ key }) => key === target) || groups.length === 0}>
          <summary>
            <Plural value={rest.length} one="עוד הגדרה אחת" two="עוד שתי הגדרות" other="עוד # הגדרות" />
          </summary>
          {rest.map(row)}
        </details>
      )}
      {isOwner && keys.length > 0 && <RecentChanges keys={keys} items={items} />}
    </>
  )
}

function Own({ id, items }: { id: string; items: readonly Item[] }) {
  switch (id) {
    case 'agent': {
      const text = items.find(({ key }) => key === AGENT_TEXT)
      return text ? <AgentText item={text} /> : null
    }
    case 'users':
      return <Users />
    case 'backup':
      return <Backups />
    case 'audit':
      return <Audit />
    case 'health':
      return <Health />
    case 'address':
      return <Certificate />
    case 'whatsapp':
      return (
        <Pointer href="/app/whatsapp" link={<Trans>לחיבור</Trans>}>
          <Trans>החיבור לטלפון של העסק, וסריקת הקוד, נמצאים בדף משלהם.</Trans>
        </Pointer>
      )
    case 'phone':
      return (
        <>
          <ToSetup />
          <Greeting />
        </>
      )
    case 'privacy':
      return <RetentionNow />
    default:
      return null
  }
}

/** The set-up is for owners only. */
function ToSetup() {
  const { isOwner } = useSession()
  if (!isOwner) return null
  return (
    <Pointer href="/app/setup/phone" link={<Trans>לחיבור המספר</Trans>}>
      <Trans>בחירת המספר, הפניית השיחות לכאן וקודי ההפניה נמצאים בהקמה.</Trans>
    </Pointer>
  )
}

function Greeting() {
  return (
    <section>
      <h2 className="grp" {...useTarget<HTMLHeadingElement>('greeting')}>
        <Trans>ברכת הפתיחה</Trans>
      </h2>
      <p className="muted">
        <Trans>מה שכל מתקשר שומע לפני שהסוכן מדבר.</Trans>
      </p>
      <GreetingEditor />
    </section>
  )
}

function CheckButton({ check }: { check: Schemas['SettingsCheck'] }) {
  const locale = useLocale()
  const run = useAction({
    run: () =>
      unwrap(
        client.POST('/api/checks', { params: { header: { 'Accept-Language': locale } }, body: { check, values: {} } }),
      ),
  })
  return (
    <div className="check-now">
      <button className="btn" type="button" disabled={run.isPending} onClick={() => run.mutate()}>
        <Icon icon={IconPlugConnected} size="s" />
        {run.isPending ? <Trans>בודק…</Trans> : <Trans>בדיקה</Trans>}
      </button>
      <div role="status">{run.data && <Findings findings={run.data.findings} />}</div>
    </div>
  )
}

function Pointer({ href, link, children }: { href: string; link: ReactNode; children: ReactNode }) {
  return (
    <div className="set pointer">
      <p className="muted">{children}</p>
      <div className="c">
        <Link className="btn" href={href}>
          {link}
        </Link>
      </div>
    </div>
  )
}
