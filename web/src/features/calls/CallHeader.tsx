import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconArrowLeft, IconDotsVertical, IconDownload, IconMessage2, IconPhone, IconUser } from '@tabler/icons-react'
import { useLocation } from 'wouter'
import type { Schemas } from '#shared/api/client'
import { recordingUrl } from '#shared/audio'
import { outcomeOf } from '#shared/call-outcome'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Dot, Duration, Name, Phone, Time } from '#shared/components/text'
import { type CallDetail, callHref } from './api'
import { numberOf } from './CallRow'

export function CallHeader({ call }: { call: CallDetail }) {
  const { i18n } = useTexts()
  const { t } = useLingui()
  const { icon, text, tone } = outcomeOf(call)
  const number = numberOf(call)
  const ended = call.end_reason && endTexts[call.end_reason]
  return (
    <header className="head">
      <Back />
      <div className="grow">
        <h2 className="clip">
          {number || call.contact_name ? <Name name={call.contact_name} number={number} /> : <Trans>מספר חסוי</Trans>}
        </h2>
        <p className="small muted call-meta">
          {number && call.contact_name && (
            <>
              <Phone number={number} />
              <Dot />
            </>
          )}
          <Time at={call.started_at} style="day" />{' '}
          <span className="nowrap">
            <Time at={call.started_at} />
            <Dot />
            <Duration ms={call.duration_ms ?? 0} />
          </span>
          {ended && (
            <span className="desk-only">
              <Dot />
              {call.hung_up_by ? (
                <Trans>
                  סיום על ידי <bdi>{call.hung_up_by}</bdi>
                </Trans>
              ) : (
                i18n._(ended)
              )}
            </span>
          )}
        </p>
      </div>
      <span className={`chip ${tone} desk-only`}>
        <Icon icon={icon} size="s" />
        {i18n._(text)}
      </span>
      <Link className="btn desk-only" href={`/app/inbox/${call.contact_id}`}>
        <Icon icon={IconMessage2} />
        <Trans>הודעה</Trans>
      </Link>
      {number && (
        <a className="btn" href={`tel:${number}`}>
          <Icon icon={IconPhone} />
          <Trans>חיוג</Trans>
        </a>
      )}
      <MoreActions call={call} label={t`עוד פעולות`} />
    </header>
  )
}

export function Back() {
  const { t } = useLingui()
  return (
    <Link className="hit phone-only back" href={callHref(null, location.search)} aria-label={t`חזרה לשיחות`}>
      <Icon icon={IconArrowLeft} size="l" />
    </Link>
  )
}

function MoreActions({ call, label }: { call: CallDetail; label: string }) {
  const [, go] = useLocation()
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button className="btn quiet icon" type="button" aria-label={label}>
          <Icon icon={IconDotsVertical} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon icon={IconUser} />} onClick={() => go(`/app/contacts/${call.contact_id}`)}>
          <Trans>כרטיס הלקוח</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<Icon icon={IconMessage2} />} onClick={() => go(`/app/inbox/${call.contact_id}`)}>
          <Trans>לפנייה</Trans>
        </Menu.Item>
        {call.has_audio && (
          <Menu.Item
            component="a"
            href={recordingUrl(call.id)}
            download={`call-${call.id}`}
            leftSection={<Icon icon={IconDownload} />}
          >
            <Trans>הורדת ההקלטה</Trans>
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

const endTexts: Record<Schemas['EndReason'], MessageDescriptor> = {
  caller_hung_up: msg`הצד השני ניתק`,
  unanswered: msg`הצד השני ניתק לפני שהסוכן ענה`,
  agent_hung_up: msg`הסוכן נפרד וניתק`,
  employee_hung_up: msg`עובד סיים אותה`,
  message_taken: msg`נגמרה אחרי ההודעה`,
  transferred: msg`הועברה אליכם`,
  idle: msg`היה שקט, והשיחה נותקה`,
  too_long: msg`הגיעה לאורך המרבי`,
  fallback: msg`הסוכן לא היה זמין, והמענה הפשוט ענה`,
  dropped: msg`הקו נותק`,
  shutdown: msg`המכונה נעצרה באמצע`,
  not_connected: msg`לא התחברה`,
  blocked: msg`נדחתה, כי הלקוח חסום`,
  robot: msg`התקשרה מכונה, והסוכן ניתק`,
  silent: msg`לא נאמרה בה מילה, והסוכן ניתק`,
  interrupted: msg`נקטעה בתקלה`,
}
