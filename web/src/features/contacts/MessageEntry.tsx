import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { useLingui as useTexts } from '@lingui/react'
import { Plural, Trans } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Plain } from '#shared/components/text'
import type { Message } from './api'

const KINDS: Record<string, MessageDescriptor> = {
  image: msg`תמונה`,
  video: msg`סרטון`,
  audio: msg`הקלטה`,
  voice: msg`הודעה קולית`,
  document: msg`קובץ`,
  sticker: msg`מדבקה`,
  location: msg`מיקום`,
  contact: msg`איש קשר`,
}

/** The words of a message that has neither a text nor a kind from the list above. */
const wordless = ({ media_kind }: Message): MessageDescriptor => (media_kind === 'template' ? msg`תבנית` : msg`הודעה`)

export function MessageEntry({ message, count, contactId }: { message: Message; count: number; contactId: number }) {
  const { i18n } = useTexts()
  const kind = KINDS[message.media_kind] ?? (message.content_text ? undefined : wordless(message))
  const href = `/app/inbox/${contactId}?message=${message.id}`
  const isOurs = message.direction === 'out'
  return (
    <>
      <p className="said0">
        {isOurs && (
          <b>
            {message.author === 'agent' ? (
              <>
                <Icon icon={IconPencil} size="s" /> <Trans>הסוכן:</Trans>
              </>
            ) : (
              <Trans>אתם:</Trans>
            )}{' '}
          </b>
        )}
        <Link className="said-link" href={href}>
          {kind && <span className="muted">{i18n._(kind)} </span>}
          {message.content_text && <Plain text={message.content_text} />}
        </Link>
      </p>
      {(message.status === 'failed' || message.deleted_at || count > 1) && (
        <p className="small muted">
          {message.status === 'failed' && (
            <span className="bad">
              <Trans>לא נשלחה</Trans>{' '}
            </span>
          )}
          {message.deleted_at && (
            <>
              <Trans>נמחקה</Trans>{' '}
            </>
          )}
          {count > 1 && (
            <Link href={href}>
              <Plural value={count} one="הודעה אחת" two="שתי הודעות" other="# הודעות" />
            </Link>
          )}
        </p>
      )}
    </>
  )
}
