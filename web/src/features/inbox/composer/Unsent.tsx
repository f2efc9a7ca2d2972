import { Trans, useLingui } from '@lingui/react/macro'
import { IconCopy, IconX } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Plain } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import type { Contact } from '../api'
import { AttachmentChips } from './AttachmentChips'
import { type Returned, useUnsent } from './useUnsent'

interface Props extends Returned {
  contact: Contact
  threadId: number
}

/** The draft to a contact who accepts no messages any more: it can be read, copied and deleted, but not sent. */
export function Unsent({ contact, threadId, ...returned }: Props) {
  const { t } = useLingui()
  const { text, set, uploads } = useUnsent(contact.id, threadId, returned)
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => toast.done(t`הטקסט הועתק`),
      () => undefined,
    )
  return (
    <>
      {text.trim() && (
        <div className="reply-strip unsent">
          <div className="grow quote">
            <span className="small strong">
              <Trans>מה שכתבתם ולא נשלח</Trans>
            </span>
            <Plain as="p" className="plain" text={text} />
          </div>
          {window.isSecureContext && (
            <button className="btn quiet" type="button" onClick={() => void copy()}>
              <Icon icon={IconCopy} size="s" />
              <Trans>העתקה</Trans>
            </button>
          )}
          <button className="btn quiet icon" type="button" aria-label={t`מחיקת הטיוטה`} onClick={() => set('')}>
            <Icon icon={IconX} size="s" />
          </button>
        </div>
      )}
      <AttachmentChips uploads={uploads} />
    </>
  )
}
