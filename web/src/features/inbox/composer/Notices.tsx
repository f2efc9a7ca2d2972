import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconArrowBackUp, IconBan, IconX } from '@tabler/icons-react'
import { type ReactNode, useRef } from 'react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { OptOutReason } from '#shared/components/OptOutReason'
import { dirOf, stripMarks } from '#shared/format/bidi'
import { useFormat } from '#shared/session'
import type { Contact, MessageItem } from '../api'
import type { Reply } from '../model/reply'
import { sideOf } from '../model/rows'

export function Answered({ reply, name, onClose }: { reply: Reply; name: string; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <div className="reply-strip">
      <Icon icon={IconArrowBackUp} size="s" />
      <div className="grow quote" dir={dirOf(reply.text)}>
        <span className="small strong">{reply.isOurs ? <Trans>תשובה להודעה שלכם</Trans> : <bdi>{name}</bdi>}</span>
        <span className="plain clip">{stripMarks(reply.text) || '…'}</span>
      </div>
      <button className="btn quiet icon" type="button" aria-label={t`ביטול התשובה להודעה`} onClick={onClose}>
        <Icon icon={IconX} size="s" />
      </button>
    </div>
  )
}

export function TooLong({ length, max }: { length: number; max: number }) {
  const format = useFormat()
  return (
    <p className="overtaken small bad" role="alert">
      <Icon icon={IconAlertCircle} size="s" />
      <Trans>
        ההודעה ארוכה מדי: {format.number(length)} תווים, ואפשר לשלוח עד {format.number(max)}
      </Trans>
    </p>
  )
}

interface CannotWriteProps {
  contact: Pick<Contact, 'id' | 'opted_out' | 'opt_out'>
  /** What the user has written and not sent. */
  children: ReactNode
}

export function CannotWrite({ contact, children }: CannotWriteProps) {
  return (
    <div className="dock">
      <p className="route closed">
        <Icon icon={IconBan} />
        {contact.opt_out ? (
          <span>
            <OptOutReason reason={contact.opt_out} />
          </span>
        ) : contact.opted_out ? (
          <Trans>הלקוח ביקש לא לקבל הודעות.</Trans>
        ) : (
          <Trans>המספר חסוי, ולכן אי אפשר לכתוב חזרה.</Trans>
        )}
      </p>
      {children}
      {/* On the card, a user can allow messages again or add a number. */}
      <Link className="btn" href={`/app/contacts/${contact.id}`}>
        <Trans>לכרטיס הלקוח</Trans>
      </Link>
    </div>
  )
}

interface Props {
  /** The newest answer that this user has not written; null if there is none, undefined while it is not known. */
  answer: MessageItem | null | undefined
  isWriting: boolean
}

/** Warns a user who is writing while the agent or another user answers the contact, to prevent a second answer. */
export function Overtaken({ answer, isWriting }: Props) {
  /** The id of the newest answer when this user began to write; 0 if there was none. */
  const known = useRef<number>(undefined)
  if (!isWriting) known.current = undefined
  else if (answer !== undefined) known.current ??= answer?.id ?? 0
  if (!answer || known.current === undefined || answer.id <= known.current) return null
  return (
    <p className="overtaken small" role="alert">
      <Icon icon={IconAlertCircle} size="s" />
      {sideOf(answer) === 'agent' ? (
        <Trans>הסוכן ענה ללקוח הזה בזמן שכתבתם. כדאי לקרוא את התשובה לפני ששולחים.</Trans>
      ) : (
        <Trans>מישהו מהצוות ענה ללקוח הזה בזמן שכתבתם. כדאי לקרוא את התשובה לפני ששולחים.</Trans>
      )}
    </p>
  )
}
