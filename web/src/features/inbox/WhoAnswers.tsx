import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconUser } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { Icon } from '#shared/components/Icon'
import { type Contact, call } from './api'

interface Props {
  threadId: number
  mode: 'off' | 'suggest' | 'auto' | 'paused'
  contactId: number
}

/** Returns an action that sets who answers; its argument is true for the agent. */
function useWhoAnswers({ threadId, contactId }: Props) {
  return useAction({
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
}

/** The switch in the header for who answers, if the header has enough space for it beside the name. */
export function AnswersSwitch(props: Props) {
  const { t } = useLingui()
  const isAgent = props.mode === 'auto'
  const set = useWhoAnswers(props)
  return (
    <fieldset className="seg answers desk-only">
      <legend className="vh">
        <Trans>מי עונה</Trans>
      </legend>
      {[true, false].map(agent => (
        <label key={String(agent)} data-checked={isAgent === agent || undefined}>
          <input
            type="radio"
            name={`answers-${props.threadId}`}
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

/** The strip below a phone's header with the switch for who answers. */
export function AnswersStrip(props: Props) {
  const { t } = useLingui()
  const isAgent = props.mode === 'auto'
  const set = useWhoAnswers(props)
  return (
    <div className="takeover answers-strip phone-only" role="group" aria-label={t`מי עונה`}>
      <Icon icon={isAgent ? IconPencil : IconUser} size="s" />
      <span className="grow">
        {isAgent ? <Trans>הסוכן עונה כאן</Trans> : <Trans>אתם עונים. הסוכן לא יכתוב כאן</Trans>}
      </span>
      <button className="btn link" type="button" onClick={() => set.mutate(!isAgent)}>
        {isAgent ? <Trans>אני עונה</Trans> : <Trans>להחזיר לסוכן</Trans>}
      </button>
    </div>
  )
}
