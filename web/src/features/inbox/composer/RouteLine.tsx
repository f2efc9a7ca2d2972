import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconBrandWhatsapp, IconCheck, IconChevronDown } from '@tabler/icons-react'
import { codeText } from '#shared/api/problem-text'
import { useBridgeOutage } from '#shared/bridge'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Ltr, Time } from '#shared/components/text'
import { useNow } from '#shared/format/clock'
import { useFormat, useSession } from '#shared/session'
import type { Provider, Route } from '../api'
import type { Reply } from '../model/reply'

interface Props {
  route: Route | undefined
  isLoading: boolean
  chosen: Provider | 'auto'
  onChoose: (provider: Provider | 'auto') => void
  /** The message to quote. */
  reply: Reply | null
  /** Whether a file is attached. */
  hasFile: boolean
}

export function RouteLine({ route, isLoading, chosen, onChoose, reply, hasFile }: Props) {
  const { t } = useLingui()
  const waysText = useWays()
  const refusal = useRefusal()
  const way = chosen === 'auto' ? route?.provider : chosen
  const outage = useBridgeOutage(way === 'baileys')
  if (!route) return <div className={isLoading ? 'route' : 'route none'} />
  const options: RouteOption[] = [
    ...(route.provider ? [{ ...route, provider: route.provider, possible: true }] : []),
    ...route.alternatives.filter(({ provider }) => provider !== route.provider),
  ]
  const used = options.find(({ provider }) => provider === way)
  return (
    <div className="route">
      <Menu position="top-start" width={300}>
        <Menu.Target>
          <button className="pick" type="button" aria-label={t`דרך השליחה: ${way ? waysText[way] : t`אין`}`}>
            <Icon icon={IconBrandWhatsapp} />
            {way ? waysText[way] : <Trans>אין דרך לשלוח</Trans>}
            <Icon icon={IconChevronDown} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {options.map(({ provider, possible, template, reason, ...costs }) => (
            <Menu.Item
              key={provider}
              disabled={!possible}
              rightSection={provider === way ? <Icon icon={IconCheck} size="s" /> : null}
              onClick={() => onChoose(provider === route.provider ? 'auto' : provider)}
            >
              <span className="strong">{waysText[provider]}</span>
              <span className="small way-note">
                {!possible ? (
                  refusal(reason)
                ) : template ? (
                  <Trans>
                    בתבנית המאושרת, <Cost {...costs} />
                  </Trans>
                ) : provider === 'twilio' ? (
                  <Trans>
                    טקסט חופשי, <Cost {...costs} />
                  </Trans>
                ) : (
                  <Cost {...costs} />
                )}
              </span>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {way == null ? (
        <span className="bad">{refusal(route.reason)}</span>
      ) : outage ? (
        <Outage since={outage.since} />
      ) : (
        <>
          <WindowText route={route} way={way} isTemplate={used?.template ?? false} />
          <span className="sep" />
          <span>{used && <Cost {...used} />}</span>
          {used?.template && hasFile && (
            <>
              <span className="sep" />
              <span className="warn">
                <Trans>הקובץ יישלח כקישור שפעיל 30 יום</Trans>
              </span>
            </>
          )}
          {reply && (way !== 'baileys' || reply.provider !== 'baileys') && (
            <>
              <span className="sep" />
              <span className="warn">
                {way === 'baileys' ? (
                  <Trans>בלי הציטוט: ההודעה ההיא עברה דרך Twilio</Trans>
                ) : (
                  <Trans>בלי הציטוט: דרך Twilio אי אפשר לצטט</Trans>
                )}
              </span>
            </>
          )}
        </>
      )}
    </div>
  )
}

type RouteOption = Pick<Route['alternatives'][number], 'possible' | 'template' | 'reason' | 'cost' | 'cost_micros'> & {
  provider: Provider
}

/** Only owners see the amount. */
function Cost({ cost, cost_micros }: Pick<RouteOption, 'cost' | 'cost_micros'>) {
  const format = useFormat()
  if (cost === 'paid' && cost_micros == null) return <Trans>בתשלום</Trans>
  if (!cost_micros) return <Trans>ללא עלות</Trans>
  const amount = format.number(cost_micros / 1e6, { style: 'currency', currency: 'USD', maximumFractionDigits: 3 })
  return (
    <Trans>
      כ־<Ltr>{amount}</Ltr>
    </Trans>
  )
}

function Outage({ since }: { since: string | null }) {
  return (
    <>
      <span className="sep" />
      <span className="warn">
        {since ? (
          <Trans>
            WhatsApp מנותק מאז <Time at={since} style="full" />. ההודעה תחכה ותישלח כשהחיבור יחזור.
          </Trans>
        ) : (
          <Trans>WhatsApp מנותק. ההודעה תחכה ותישלח כשהחיבור יחזור.</Trans>
        )}
      </span>
      <Link className="btn link" href="/app/whatsapp">
        <Trans>לחיבור</Trans>
      </Link>
    </>
  )
}

function WindowText({ route, way, isTemplate }: { route: Route; way: Provider; isTemplate: boolean }) {
  const now = useNow()
  const length = useWindowLength()
  if (isTemplate) {
    return (
      <>
        <span className="sep" />
        <span className="warn">
          <Trans>חלון התשובה סגור. יישלח בתבנית המאושרת</Trans>
        </span>
      </>
    )
  }
  const until = route.window_until ? Date.parse(route.window_until) - now.getTime() : 0
  if (way !== 'twilio' || until <= 0) return null
  return (
    <>
      <span className="sep" />
      <span>
        <Trans>
          חלון תשובה פתוח עוד <b className="num">{length(until)}</b>
        </Trans>
      </span>
    </>
  )
}

/** «23 ש׳ 56 דק׳» */
export function useWindowLength(): (ms: number) => string {
  const { t } = useLingui()
  const format = useFormat()
  return ms => {
    const minutes = Math.max(1, Math.floor(ms / 60_000))
    const [h, m] = [format.number(Math.floor(minutes / 60)), format.number(minutes % 60)]
    return minutes < 60 ? t`${m} דק׳` : t`${h} ש׳ ${m} דק׳`
  }
}

function useWays(): Record<Provider, string> {
  const { t } = useLingui()
  return { baileys: t`WhatsApp, הטלפון של העסק`, twilio: t`WhatsApp דרך Twilio` }
}

function useRefusal(): (reason: string | null | undefined) => string {
  const { t } = useLingui()
  const { isOwner } = useSession()
  return reason => {
    const known: Record<string, string> = {
      template_required: t`חלון התשובה סגור, ולא הוגדרה תבנית`,
      provider_disabled: t`לא מופעל בהגדרות`,
      no_provider: t`אין כרגע דרך WhatsApp פעילה`,
      contact_opted_out: t`הלקוח ביקש לא לקבל הודעות`,
      recipient_not_allowed: isOwner
        ? t`אין שליחה לארץ של המספר הזה (הגדרה: whatsapp.new_chat_prefixes)`
        : t`אין שליחה לארץ של המספר הזה`,
      too_many_new_chats: t`נפתחו יותר מדי שיחות חדשות ב־24 השעות האחרונות. אפשר לנסות שוב בעוד כמה שעות`,
    }
    return known[reason ?? ''] ?? codeText(reason) ?? t`לא זמין כרגע`
  }
}
