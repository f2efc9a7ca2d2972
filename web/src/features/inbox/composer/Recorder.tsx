import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowUp, IconTrash } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { Icon } from '#shared/components/Icon'
import { NoMicrophone } from '#shared/components/NoMicrophone'
import { Ltr } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import { isolate } from '#shared/format/bidi'
import { duration } from '#shared/format/time'
import { useShortcuts } from '#shared/keys'
import { useUnsaved } from '#shared/unsaved'
import { asVoiceNote } from '../model/ogg'
import { mediaOf, type Outgoing } from '../outbox'
import { uploadMedia } from './upload-list'
import { useRecording } from './useRecording'

interface Props {
  name: string
  onClose: () => void
  onSend: (media: NonNullable<Outgoing['media']>) => void
  /** Adds a voice note that was left before it was sent to the draft. */
  onKeep: (file: File) => void
}

/** The keys of the page that would leave the conversation, and end the recording, do nothing. */
export function Recorder({ name, onClose, onSend, onKeep }: Props) {
  const { t } = useLingui()
  const isDiscarded = useRef(false)
  const keep = async (recording: Blob) => {
    // The end of a session also leaves the page.
    if (isDiscarded.current || recording.size === 0 || location.pathname === '/login') return
    const note = await asVoiceNote(recording)
    onKeep(new File([note], fileOf(note), { type: note.type }))
    toast.done(t`ההקלטה נשמרה בטיוטה`)
  }
  const latestKeep = useRef(keep)
  latestKeep.current = keep
  const { refusal, levels, ms, isReady, finish } = useRecording(recording => void keep(recording))
  const [part, setPart] = useState<number | null>(null)
  const [problem, setProblem] = useState<string>()
  const note = useRef<Blob>(undefined)
  const sending = useRef<AbortController>(undefined)
  const isLeft = useRef(false)
  useEffect(() => {
    isLeft.current = false
    return () => {
      isLeft.current = true
      // Its upload has failed, and was not tried again.
      if (note.current && !sending.current) void latestKeep.current(note.current)
    }
  }, [])
  useUnsaved(refusal === null)
  useEffect(() => {
    if (refusal !== null) return
    const ask = (event: Event) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [refusal])
  // A note that the user has sent is sent even if they leave the conversation during the upload.
  const discard = () => {
    isDiscarded.current = true
    sending.current?.abort()
    onClose()
  }
  useShortcuts([{ code: 'Escape', run: discard }], { isExclusive: true })
  if (refusal) {
    return (
      <NoMicrophone
        problem={refusal}
        insecure={<Trans>אפשר לצרף קובץ קול, או לפתוח את הדף בכתובת המאובטחת.</Trans>}
        missing={<Trans>מחברים מיקרופון, או מצרפים קובץ קול.</Trans>}
        action={
          <button className="btn" type="button" onClick={onClose}>
            <Trans>הבנתי</Trans>
          </button>
        }
      />
    )
  }

  const send = async () => {
    setProblem(undefined)
    setPart(0)
    const control = new AbortController()
    const { signal } = control
    sending.current = control
    try {
      note.current ??= await asVoiceNote(await finish())
      const file = fileOf(note.current)
      const media = mediaOf(await uploadMedia(note.current, file, { onProgress: setPart, signal }), file)
      if (signal.aborted) return
      if (media) onSend(media)
      onClose()
    } catch (reason) {
      if (signal.aborted) return
      const text = problemText(asApiError(reason))
      if (isLeft.current) {
        const contact = isolate(name)
        toast.error(t`ההודעה הקולית אל ${contact} לא נשלחה. ${text}`, () => void send())
        return
      }
      sending.current = undefined
      setPart(null)
      setProblem(text)
    }
  }
  return (
    <div className="write recording" role="group" aria-label={t`הקלטת הודעה קולית`}>
      <button className="btn quiet icon" type="button" aria-label={t`מחיקת ההקלטה`} onClick={discard}>
        <Icon icon={IconTrash} />
      </button>
      {part === null && !problem && <span className="onair red" aria-hidden />}
      <Ltr className="num">{duration(ms)}</Ltr>
      <span className="grow levels" dir="ltr" aria-hidden>
        {levels.map((level, at) => (
          <i key={at} style={{ blockSize: `${Math.max(8, level * 100)}%` }} />
        ))}
      </span>
      {problem && <span className="small bad">{problem}</span>}
      {part !== null && !problem && (
        <span className="small muted" role="status">
          <Trans>עולה…</Trans>
        </span>
      )}
      <button
        className="btn pen icon"
        type="button"
        aria-label={problem ? t`לנסות שוב` : t`שליחת ההקלטה`}
        disabled={!isReady || part !== null}
        onClick={() => void send()}
      >
        <Icon icon={IconArrowUp} />
      </button>
    </div>
  )
}

const fileOf = (note: Blob) => (note.type.startsWith('audio/ogg') ? 'voice.ogg' : 'voice.m4a')
