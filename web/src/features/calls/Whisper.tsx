import { Trans, useLingui } from '@lingui/react/macro'
import { IconEar } from '@tabler/icons-react'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { toast } from '#shared/components/toasts'
import { isolate } from '#shared/format/bidi'

/** The caller does not hear the instruction. */
export function Whisper({ callId }: { callId: number }) {
  const { t } = useLingui()
  const note = useId()
  const [text, setText] = useState('')
  const whisper = useAction({
    run: (text: string) =>
      unwrap(client.POST('/api/calls/{id}/hints', { params: { path: { id: callId } }, body: { text } })),
    done: () => t`הסוכן יודע, וישתמש בזה מהתשובה הבאה.`,
    // Text that was typed after the send is kept.
    onDone: (_, sent) => setText(now => (now.trim() === sent ? '' : now)),
  })
  useUnsent(callId, text.trim())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() && !whisper.isPending) whisper.mutate(text.trim())
  }
  return (
    <form className="whisper" onSubmit={submit}>
      <input
        className="field grow"
        dir="auto"
        aria-label={t`לחישה לסוכן`}
        aria-describedby={note}
        placeholder={t`לחישה לסוכן: מה כדאי לו לדעת?`}
        value={text}
        maxLength={500}
        onChange={event => setText(event.target.value)}
      />
      <button className="btn big" type="submit" disabled={!text.trim() || whisper.isPending}>
        <Icon icon={IconEar} />
        <Trans>לחישה</Trans>
      </button>
      <p className="small muted" id={note}>
        <Trans>רק הסוכן רואה את זה; הלקוח לא שומע.</Trans>
      </p>
    </form>
  )
}

/** The form goes when the agent no longer has the call. A text that was not sent is then shown, so that it can be copied. */
function useUnsent(callId: number, text: string): void {
  const { t } = useLingui()
  const say = useRef<() => void>(undefined)
  say.current = () => {
    // The user has not opened another page, but the call has changed.
    const isShown = location.pathname === `/app/calls/${callId}`
    if (text && isShown) toast.error(t`הלחישה לא נשלחה, כי השיחה כבר לא אצל הסוכן: ${isolate(text)}`)
  }
  useEffect(() => () => say.current?.(), [])
}
