import { Trans, useLingui } from '@lingui/react/macro'
import { IconDownload, IconFileText, IconPhotoOff } from '@tabler/icons-react'
import { type CSSProperties, useState } from 'react'
import { mediaSoundUrl } from '#shared/audio'
import { BackCloses } from '#shared/components/BackCloses'
import { Dialog } from '#shared/components/Dialog'
import { Icon } from '#shared/components/Icon'
import { Ltr } from '#shared/components/text'
import { stripMarks } from '#shared/format/bidi'
import { useFormat } from '#shared/session'
import type { FileItem, MediaKind } from '../api'
import { previewOf } from '../model/thumbhash'
import { useMediaText } from '../texts'
import { boxOf } from './box'
import { VoiceNote } from './VoiceNote'

interface Props {
  file: FileItem
  kind: MediaKind
  /** When the message was written: it names files without a name. */
  at: string
}

export function Attachment({ file, kind, at }: Props) {
  const mime = file.mime ?? ''
  if (file.state !== 'stored' || !file.url) return <Absent file={file} kind={kind} />
  if (mime.startsWith('image/')) return <Picture file={file} url={file.url} isSticker={kind === 'sticker'} at={at} />
  if (mime.startsWith('video/')) return <Film file={file} url={file.url} />
  if (mime.startsWith('audio/')) return <VoiceNote file={file} url={mediaSoundUrl(file.url, mime)} />
  return <FileRow file={file} url={file.url} at={at} />
}

function Absent({ file, kind }: { file: FileItem; kind: MediaKind }) {
  const mediaText = useMediaText()
  const isPicture = kind === 'image' || kind === 'sticker' || kind === 'video'
  const text =
    file.state === 'waiting' ? (
      <Trans>בדרך לכאן…</Trans>
    ) : file.state === 'pruned' ? (
      <Trans>נמחק לפי הגדרות השמירה</Trans>
    ) : (
      <Trans>הקובץ לא התקבל</Trans>
    )
  return (
    <div className={isPicture ? 'picture absent' : 'file absent'} style={isPicture ? sizeOf(file) : undefined}>
      <Icon icon={isPicture ? IconPhotoOff : IconFileText} />
      <span>
        {mediaText(kind)}: {text}
      </span>
    </div>
  )
}

/** With a preview until the picture is loaded; it would be visible through a transparent one. */
function sizeOf(file: FileItem, isLoaded = false): CSSProperties {
  const { width, height } = boxOf(file.width, file.height)
  if (isLoaded) return { inlineSize: width, aspectRatio: `${width} / ${height}` }
  const preview = previewOf(file.thumbhash)
  const backgroundImage = preview && `url(${preview})`
  return { inlineSize: width, aspectRatio: `${width} / ${height}`, backgroundImage, backgroundSize: 'cover' }
}

function Picture({ file, url, isSticker, at }: Pick<Props, 'file' | 'at'> & { url: string; isSticker: boolean }) {
  const { t } = useLingui()
  const name = useFileName(file, at)
  const [isOpen, setOpen] = useState(false)
  const [isLoaded, setLoaded] = useState(false)
  const [hasFailed, setFailed] = useState(false)
  if (hasFailed) return <FileRow file={file} url={url} at={at} />
  return (
    <>
      <button
        className={isSticker ? 'picture sticker' : 'picture'}
        type="button"
        aria-label={t`הגדלת התמונה`}
        style={sizeOf(file, isLoaded)}
        onClick={() => setOpen(true)}
      >
        <img
          src={file.thumbnail_url ?? url}
          alt=""
          decoding="async"
          loading="lazy"
          onLoad={() => setLoaded(true)}
          onError={() => setFailed(true)}
        />
      </button>
      <Dialog
        opened={isOpen}
        onClose={() => setOpen(false)}
        size="auto"
        centered
        title={<FileName name={file.file_name ?? t`תמונה`} />}
      >
        <BackCloses close={() => setOpen(false)} />
        <img className="picture-full" src={url} alt={t`תמונה`} />
        <p>
          <a className="btn" href={url} download={name}>
            <Icon icon={IconDownload} />
            <Trans>הורדה</Trans>
          </a>
        </p>
      </Dialog>
    </>
  )
}

function Film({ file, url }: { file: FileItem; url: string }) {
  return (
    // biome-ignore lint/a11y/useMediaCaption: the contact's film has no captions
    <video
      className="picture"
      style={sizeOf(file)}
      src={url}
      controls
      preload="metadata"
      poster={file.thumbnail_url ?? undefined}
    />
  )
}

function FileRow({ file, url, at }: Pick<Props, 'file' | 'at'> & { url: string }) {
  const { t } = useLingui()
  const format = useFormat()
  const name = useFileName(file, at)
  const facts = [file.extension?.toUpperCase(), file.bytes && format.bytes(file.bytes)].filter(Boolean)
  return (
    <div className="file">
      <Icon icon={IconFileText} />
      <span className="grow">
        <FileName name={name} />
        {facts.length > 0 && <Ltr className="small muted">{facts.join(' · ')}</Ltr>}
      </span>
      <a className="btn quiet icon" href={url} download={name} aria-label={t`הורדה`}>
        <Icon icon={IconDownload} />
      </a>
    </div>
  )
}

/** Without control characters, which could disguise the extension. A file without a name gets one, with its extension. */
function useFileName({ file_name: given, mime, extension }: FileItem, at: string): string {
  const { t } = useLingui()
  const format = useFormat()
  if (given) return stripMarks(given)
  const kind = mime?.startsWith('image/') ? t`תמונה` : extension === 'vcf' ? t`איש קשר` : t`מסמך`
  // A colon is not allowed in the names of files in Windows.
  const name = `${kind} ${format.day(at)} ${format.time(at).replace(':', '.')}`
  return stripMarks(extension ? `${name}.${extension}` : name)
}

/** The last Latin part of the name (number and extension) is always left to right. */
export function FileName({ name }: { name: string }) {
  const clean = stripMarks(name)
  // In «מחירון.pdf», the dot must be shown between the Hebrew name and «pdf», so it is not part of the left-to-right text.
  const tail = /(?<=^|\s)[\x21-\x7e]+$|[A-Za-z0-9][\x21-\x7e]*$/.exec(clean)?.[0] ?? ''
  return (
    <bdi className="file-name">
      {clean.slice(0, clean.length - tail.length)}
      {tail && <Ltr>{tail}</Ltr>}
    </bdi>
  )
}
