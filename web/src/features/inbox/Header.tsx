import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import {
  IconArchive,
  IconArchiveOff,
  IconArrowLeft,
  IconCheck,
  IconCheckbox,
  IconDotsVertical,
  IconLayoutSidebarRight,
  IconPencil,
  IconPhone,
  IconUser,
} from '@tabler/icons-react'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Name, Phone, Time } from '#shared/components/text'
import { useConversationActions } from './actions'
import { type Contact, call } from './api'
import { whatsappOf } from './model/person'

interface Props {
  contact: Contact
  number: string | null
  /** The agent has written to this contact: only then is there a switch. */
  hasAgent: boolean
  onArchive: () => void
  onTask: () => void
  onCard: () => void
}

/** Who it is, who answers, and what can be done with the conversation. */
export function Header({ contact, number, hasAgent, onArchive, onTask, onCard }: Props) {
  const { t } = useLingui()
  const [, go] = useLocation()
  const { finish } = useConversationActions()
  const hasName = contact.display_name.trim() !== ''
  const isArchived = contact.threads.length > 0 && contact.threads.every(({ archived_at }) => archived_at)
  const waits = contact.threads.some(({ turn }) => turn === 'us')
  const archive = isArchived ? t`החזרה מהארכיון` : t`העברה לארכיון`
  const archiveIcon = isArchived ? IconArchiveOff : IconArchive
  const thread = whatsappOf(contact)
  return (
    <div className="sticky">
      <header className="head">
        <Link className="hit phone-only back" href={`/app/inbox${location.search}`} aria-label={t`חזרה לפניות`}>
          <Icon icon={IconArrowLeft} size="l" />
        </Link>
        <div className="grow">
          <h2 className="clip">
            <Name name={contact.display_name} number={number} />
          </h2>
          <p className="small muted clip">
            {number && hasName && (
              <>
                <Phone number={number} /> ·{' '}
              </>
            )}
            <Trans>
              לקוח מאז <Time at={contact.created_at} style="date" />
            </Trans>
          </p>
        </div>
        {hasAgent && thread && <WhoAnswers threadId={thread.id} mode={thread.ai_mode} contactId={contact.id} />}
        {waits && (
          <button
            className="btn quiet desk-only"
            type="button"
            aria-label={t`טופל, אין צורך בתשובה`}
            onClick={() => finish.mutate(contact.id)}
          >
            <Icon icon={IconCheck} />
            <span className="wide-only">
              <Trans>טופל</Trans>
            </span>
          </button>
        )}
        {number && (
          <a className="btn quiet icon" href={`tel:${number}`} aria-label={t`חיוג ללקוח`}>
            <Icon icon={IconPhone} />
          </a>
        )}
        <button className="btn quiet icon desk-only" type="button" aria-label={t`משימה חדשה`} onClick={onTask}>
          <Icon icon={IconCheckbox} />
        </button>
        <button className="btn quiet icon desk-only" type="button" aria-label={archive} onClick={onArchive}>
          <Icon icon={archiveIcon} />
        </button>
        <button
          className="btn quiet icon desk-only card-button"
          type="button"
          aria-label={t`כרטיס לקוח`}
          onClick={onCard}
        >
          <Icon icon={IconLayoutSidebarRight} />
        </button>
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <button className="btn quiet icon phone-only" type="button" aria-label={t`עוד פעולות`}>
              <Icon icon={IconDotsVertical} />
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            {waits && (
              <Menu.Item leftSection={<Icon icon={IconCheck} />} onClick={() => finish.mutate(contact.id)}>
                <Trans>טופל, אין צורך בתשובה</Trans>
              </Menu.Item>
            )}
            <Menu.Item leftSection={<Icon icon={IconCheckbox} />} onClick={onTask}>
              <Trans>משימה חדשה</Trans>
            </Menu.Item>
            <Menu.Item leftSection={<Icon icon={archiveIcon} />} onClick={onArchive}>
              {archive}
            </Menu.Item>
            <Menu.Item leftSection={<Icon icon={IconUser} />} onClick={() => go(`/app/contacts/${contact.id}`)}>
              <Trans>כרטיס לקוח</Trans>
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </header>
    </div>
  )
}

interface AnswersProps {
  threadId: number
  mode: 'off' | 'suggest' | 'auto' | 'paused'
  contactId: number
}

function WhoAnswers({ threadId, mode, contactId }: AnswersProps) {
  const { t } = useLingui()
  const isAgent = mode === 'auto'
  const set = useAction({
    run: (next: boolean) =>
      call('PUT', '/api/threads/{id}/ai', {
        params: { path: { id: threadId } },
        body: { ai_mode: next ? 'auto' : 'off' },
      }),
    patches: next => [
      {
        key: ['/api/contacts/{id}', { path: { id: contactId } }],
        update: ((contact: Contact) => ({
          ...contact,
          threads: contact.threads.map(thread =>
            thread.id === threadId ? { ...thread, ai_mode: next ? 'auto' : 'off' } : thread,
          ),
        })) as never,
      },
    ],
  })
  return (
    <fieldset className="seg answers">
      <legend className="vh">
        <Trans>מי עונה</Trans>
      </legend>
      {[true, false].map(agent => (
        <label key={String(agent)} data-checked={isAgent === agent || undefined}>
          <input
            type="radio"
            name={`answers-${threadId}`}
            className="vh"
            checked={isAgent === agent}
            onChange={() => set.mutate(agent)}
          />
          {agent && <Icon icon={IconPencil} size="s" />}
          <span>{agent ? t`הסוכן עונה` : t`אני עונה`}</span>
        </label>
      ))}
    </fieldset>
  )
}
