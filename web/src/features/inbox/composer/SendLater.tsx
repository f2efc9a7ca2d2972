import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconCalendarTime, IconClock } from '@tabler/icons-react'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { newKey } from '#shared/api/client'
import { queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Time } from '#shared/components/text'
import { deferred } from '#shared/deferred'
import { useNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { call, type Provider, type Route, type Scheduled } from '../api'
import { isAfterWindow } from '../model/limits'
import { laterChoices } from '../model/zone'
import type { UploadItem } from './upload-list'

const ChooseTime = deferred(async () => (await import('./ChooseTime')).ChooseTime)

interface Props {
  threadId: number
  text: string
  /** The attachments: none or one. */
  files: readonly UploadItem[]
  provider: Provider | 'auto'
  route: Route | undefined
  isReady: boolean
  /** Whether a message to quote is chosen. A scheduled message cannot quote it. */
  hasReply: boolean
  /** Called when the request begins and ends. Meanwhile the message must not be sent in another way. */
  onPending: (isPending: boolean) => void
  /** Called with the text and the attachments of the scheduled message. */
  onScheduled: (plan: Plan) => void
}

/** The message to schedule. The composer may contain another text at the time of the response. */
export interface Plan {
  /** The `Idempotency-Key`: a retry after a lost response schedules no second message. */
  key: string
  at: Date
  text: string
  files: readonly UploadItem[]
}

export function SendLater({
  threadId,
  text,
  files,
  provider,
  route,
  isReady,
  hasReply,
  onPending,
  onScheduled,
}: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const now = useNow()
  const [isChoosing, setChoosing] = useState(false)
  const schedule = useAction<Plan, Scheduled>({
    run: ({ key, at, text, files: [file] }) => {
      onPending(true)
      return call('POST', '/api/scheduled-messages', {
        body: {
          thread_id: threadId,
          text,
          send_at: at.toISOString(),
          ...(file?.media && { media_id: file.media.id }),
          ...(provider !== 'auto' && { provider }),
        },
        headers: { 'Idempotency-Key': key },
      })
    },
    done: ({ at }) => t`יישלח ב־${format.date(at)}, ${format.time(at)}`,
    undo: (_, { id }) => call('DELETE', '/api/scheduled-messages/{id}', { params: { path: { id } } }).then(refresh),
    onDone: (_, plan) => {
      refresh()
      onPending(false)
      onScheduled(plan)
    },
    onError: () => {
      // The daemon may have stored the message although the response was lost. Then the list shows it.
      refresh()
      onPending(false)
      return false
    },
  })
  const plan = (at: Date) => {
    // A menu that closes can still be pressed.
    if (!isReady) return
    onPending(true)
    schedule.mutate({ key: newKey(), at, text, files })
  }
  const isLate = (at: Date) => isAfterWindow(route, provider, at)
  const choices = laterChoices(format.zone, format.day(now), now)
  return (
    <>
      <Menu position="top-end" width={260}>
        <Menu.Target>
          <button className="btn quiet icon" type="button" aria-label={t`שליחה מאוחר יותר`} disabled={!isReady}>
            <Icon icon={IconClock} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {hasReply && (
            <Menu.Label>
              <Trans>בלי הציטוט: בהודעה מתוזמנת אי אפשר לצטט</Trans>
            </Menu.Label>
          )}
          {choices.map(({ at }) => (
            <Menu.Item key={at.getTime()} onClick={() => plan(at)}>
              <Time at={at.toISOString()} style="day" />, <Time at={at.toISOString()} />
              {isLate(at) && (
                <span className="small way-note">
                  <AfterWindow />
                </span>
              )}
            </Menu.Item>
          ))}
          <Menu.Item leftSection={<Icon icon={IconCalendarTime} />} onClick={() => setChoosing(true)}>
            <Trans>יום ושעה אחרים</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isChoosing && (
        <ChooseTime
          warning={at => isLate(at) && <AfterWindow />}
          onClose={() => setChoosing(false)}
          onChoose={at => {
            setChoosing(false)
            plan(at)
          }}
        />
      )}
    </>
  )
}

const refresh = () => void queryClient.invalidateQueries({ queryKey: ['/api/scheduled-messages'] })

const AfterWindow = () => (
  <Trans>חלון התשובה ייסגר לפני כן. אם הלקוח לא יכתוב עד אז, אפשר יהיה לשלוח רק תבנית מאושרת</Trans>
)
