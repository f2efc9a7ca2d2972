import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowUp, IconMicrophone, IconPaperclip, IconPencil, IconSlash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useFetchAgain } from '#shared/api/aging'
import { BackCloses } from '#shared/components/BackCloses'
import { Icon } from '#shared/components/Icon'
import { isolate } from '#shared/format/bidi'
import { withoutSent } from '#shared/typed'
import type { Contact, MessageItem, Provider } from '../api'
import { charsOf, maxChars } from '../model/limits'
import { firstName, recipientOf, whatsappOf } from '../model/person'
import type { Reply } from '../model/reply'
import { mediaOf, outbox } from '../outbox'
import { routeQuery } from '../queries'
import { reportTyping, useTypingIn } from '../typing'
import { AttachmentChips } from './AttachmentChips'
import { DropZone } from './DropZone'
import { Answered, CannotWrite, Overtaken, TooLong } from './Notices'
import { OpenThread } from './OpenThread'
import { Recorder } from './Recorder'
import { RouteLine } from './RouteLine'
import { ManageReplies, ReplyList } from './SavedReplies'
import { ScheduledList } from './ScheduledList'
import { SendLater } from './SendLater'
import { Unsent } from './Unsent'
import { useBottom } from './useBottom'
import { useFileLimit } from './useFileLimit'
import { useSavedReplies } from './useSavedReplies'
import { type Returned, useUnsent } from './useUnsent'

interface Props extends Returned {
  contact: Contact
  name: string
  reply: Reply | null
  /** The newest answer that this user has not written; null if there is none, undefined while the timeline loads. */
  answer: MessageItem | null | undefined
  /** Whether some messages of this user are not sent yet and can still be stopped. */
  isSending: boolean
}

const isTouch = () => matchMedia('(pointer: coarse)').matches

export function Composer(props: Props) {
  const { contact } = props
  const to = recipientOf(contact)
  const thread = whatsappOf(contact)
  if (to === null) {
    return <CannotWrite contact={contact}>{thread && <Unsent {...props} threadId={thread.id} />}</CannotWrite>
  }
  return thread ? <Writing {...props} to={to} threadId={thread.id} /> : <OpenThread contactId={contact.id} />
}

function Writing(props: Props & { to: string; threadId: number }) {
  const { contact, name, to, threadId, reply, onReply, answer, isSending } = props
  const { t } = useLingui()
  const bottom = useBottom<HTMLDivElement>()
  const field = useRef<HTMLTextAreaElement>(null)
  const { text, set, latest, uploads, putBack } = useUnsent(contact.id, threadId, props, field)
  const picker = useRef<HTMLInputElement>(null)
  const [provider, setProvider] = useState<Provider | 'auto'>('auto')
  const [isRecording, setRecording] = useState(false)
  const [isManaging, setManaging] = useState(false)
  const route = useQuery({ ...routeQuery(threadId), retry: false })
  const until = route.data?.window_until
  useFetchAgain(until ? [until] : undefined, route.refetch)
  const typing = useTypingIn()(threadId)
  const isEmpty = text.trim() === '' && uploads.items.length === 0
  const [isPlanning, setPlanning] = useState(false)
  const max = maxChars(route.data, provider)
  const length = charsOf(text.trim())
  const isTooLong = max !== undefined && length > max
  const canSend = !isEmpty && uploads.isReady && !isPlanning && !isTooLong
  const refusal = useFileLimit(route.data)
  const attach = (files: readonly File[]) => uploads.add(files, refusal)

  useEffect(() => {
    if (reply) field.current?.focus()
  }, [reply])

  const send = () => {
    if (!canSend) return
    const files = uploads.items.flatMap(({ media, name }) => (media ? mediaOf(media, name) : []))
    const base = { contactId: contact.id, to, provider }
    const answer = reply ? { reply } : {}
    if (files.length === 0) outbox.add({ ...base, ...answer, text: text.trim() })
    files.forEach((media, at) => {
      outbox.add({ ...base, ...(at === 0 && answer), text: at === 0 ? text.trim() : '', media })
    })
    onReply(null)
    set('')
    uploads.clear()
    setProvider('auto')
    field.current?.focus()
  }
  const insert = (reply: string) => {
    set(reply)
    field.current?.focus()
  }
  const saved = useSavedReplies(text, insert)
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Key code 229 means that an input method is composing, also in browsers that do not set `isComposing`.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (saved.onKey(event)) return
    if (event.key === 'Escape') {
      event.stopPropagation()
      if (saved.isOpen) saved.close()
      else if (reply) onReply(null)
      else event.currentTarget.blur()
    } else if (event.key === 'Enter' && !event.shiftKey && !isTouch()) {
      event.preventDefault()
      send()
    }
  }

  return (
    <div className="dock" ref={bottom}>
      <DropZone onFiles={attach} />
      <ScheduledList threadId={threadId} onEdit={putBack} />
      {typing && (
        <p className="typing small" role="status">
          <Icon icon={IconPencil} size="s" />
          <Trans>
            <bdi>{typing}</bdi> באמצע כתיבה ללקוח הזה
          </Trans>
        </p>
      )}
      <Overtaken answer={answer} isWriting={!isEmpty || isSending} />
      {saved.isOpen && <ReplyList {...saved.list} onChoose={insert} onManage={() => setManaging(true)} />}
      <RouteLine
        route={route.data}
        isLoading={route.isLoading}
        chosen={provider}
        onChoose={setProvider}
        reply={reply}
        hasFile={uploads.items.length > 0}
      />
      {isTooLong && <TooLong length={length} max={max} />}
      {reply && <Answered reply={reply} name={firstName(name)} onClose={() => onReply(null)} />}
      <AttachmentChips uploads={uploads} />
      {isRecording ? (
        <Recorder
          name={name}
          onClose={() => setRecording(false)}
          onKeep={file => attach([file])}
          onSend={media => {
            outbox.add({ contactId: contact.id, to, provider, text: '', media, ...(reply && { reply }) })
            onReply(null)
          }}
        />
      ) : (
        <div className="write">
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={event => {
              attach([...(event.target.files ?? [])])
              event.target.value = ''
            }}
          />
          <button
            className="btn quiet icon"
            type="button"
            aria-label={t`צירוף קובץ`}
            onClick={() => picker.current?.click()}
          >
            <Icon icon={IconPaperclip} />
          </button>
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            aria-label={t`הודעה`}
            aria-keyshortcuts="R"
            placeholder={t`הודעה אל ${isolate(firstName(name))}`}
            enterKeyHint={isTouch() ? 'enter' : 'send'}
            value={text}
            {...saved.field}
            onChange={event => {
              set(event.target.value)
              if (event.target.value) reportTyping(threadId)
            }}
            onKeyDown={onKeyDown}
            onPaste={event => {
              const files = [...event.clipboardData.files]
              if (files.length === 0) return
              event.preventDefault()
              attach(files)
            }}
          />
          {text === '' && (
            <button
              className="btn quiet icon desk-only"
              type="button"
              aria-label={t`תשובות שמורות`}
              onClick={() => insert('/')}
            >
              <Icon icon={IconSlash} />
            </button>
          )}
          {isEmpty ? (
            <button
              className="btn quiet icon"
              type="button"
              aria-label={t`הקלטת הודעה קולית`}
              onClick={() => setRecording(true)}
            >
              <Icon icon={IconMicrophone} />
            </button>
          ) : (
            <SendLater
              threadId={threadId}
              text={text.trim()}
              files={uploads.items}
              provider={provider}
              route={route.data}
              isReady={canSend && uploads.items.length < 2}
              hasReply={reply !== null}
              onPending={setPlanning}
              onScheduled={({ text, files }) => {
                latest.current = withoutSent(latest.current, text)
                set(latest.current)
                for (const { id } of files) uploads.remove(id)
                if (latest.current === '') onReply(null)
              }}
            />
          )}
          <button className="btn pen icon" type="button" aria-label={t`שליחה`} disabled={!canSend} onClick={send}>
            <Icon icon={IconArrowUp} />
          </button>
        </div>
      )}
      {isManaging && <BackCloses close={() => setManaging(false)} />}
      {isManaging && <ManageReplies onClose={() => setManaging(false)} />}
    </div>
  )
}
