import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconBell, IconBellOff } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { placeOf } from './kinds'

const refresh = () => void queryClient.invalidateQueries({ queryKey: apiQuery('/api/alerts').queryKey })

export function AlertFix({ kind }: { kind: Schemas['AlertKind'] }) {
  const { i18n } = useTexts()
  if (kind === 'foreign_file') return <ChooseDatabase />
  if (kind === 'outbox_held') return <ReviewHeld />
  if (kind === 'database_replaced') return <DismissNotice />
  const place = placeOf(kind)
  return (
    <Link className="btn" href={place.href}>
      {i18n._(place.label)}
    </Link>
  )
}

function ChooseDatabase() {
  const { t } = useLingui()
  const choose = useAction({
    run: (data: 'found' | 'current') => unwrap(client.POST('/api/database/found', { body: { data } })),
    done: (_, { restart_required }) =>
      restart_required ? t`הקובץ ייכנס לשימוש בהפעלה הבאה של המכונה` : t`נשארנו עם הנתונים הנוכחיים`,
    onDone: refresh,
  })
  return (
    <>
      <button className="btn" type="button" disabled={choose.isPending} onClick={() => choose.mutate('found')}>
        <Trans>להשתמש בקובץ הזה</Trans>
      </button>
      <button className="btn quiet" type="button" disabled={choose.isPending} onClick={() => choose.mutate('current')}>
        <Trans>להישאר עם הנתונים הנוכחיים</Trans>
      </button>
    </>
  )
}

function ReviewHeld() {
  const { t } = useLingui()
  const review = useAction({
    run: (action: 'send' | 'discard') => unwrap(client.POST('/api/database/held', { body: { action } })),
    done: action => (action === 'send' ? t`ההודעות יישלחו` : t`ההודעות בוטלו`),
    onDone: refresh,
  })
  return (
    <>
      <button className="btn" type="button" disabled={review.isPending} onClick={() => review.mutate('send')}>
        <Trans>לשלוח אותן</Trans>
      </button>
      <button className="btn quiet" type="button" disabled={review.isPending} onClick={() => review.mutate('discard')}>
        <Trans>לבטל אותן</Trans>
      </button>
    </>
  )
}

function DismissNotice() {
  const dismiss = useAction({ run: () => unwrap(client.DELETE('/api/database/notice')), onDone: refresh })
  return (
    <button className="btn" type="button" disabled={dismiss.isPending} onClick={() => dismiss.mutate()}>
      <Trans>סגירת ההודעה</Trans>
    </button>
  )
}

export function MuteMenu({ alert }: { alert: Schemas['AlertItem'] }) {
  const { t } = useLingui()
  const path = { kind: alert.kind }
  const unmute = useAction({
    run: () => unwrap(client.DELETE('/api/alerts/{kind}/mute', { params: { path } })),
    onDone: refresh,
  })
  const mute = useAction({
    run: (hours: number | null) =>
      unwrap(client.POST('/api/alerts/{kind}/mute', { params: { path }, body: hours === null ? {} : { hours } })),
    done: () => t`התקלה הושתקה`,
    undo: () => unmute.mutateAsync(),
    onDone: refresh,
  })
  if (alert.muted) {
    return (
      <button className="btn quiet" type="button" disabled={unmute.isPending} onClick={() => unmute.mutate()}>
        <Icon icon={IconBell} size="s" />
        <Trans>לבטל את ההשתקה</Trans>
      </button>
    )
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button className="btn quiet" type="button">
          <Icon icon={IconBellOff} size="s" />
          <Trans>השתקה</Trans>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => mute.mutate(24)}>
          <Trans>ליממה</Trans>
        </Menu.Item>
        <Menu.Item onClick={() => mute.mutate(null)}>
          <Trans>עד שתיפתר</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
