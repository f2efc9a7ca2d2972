import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconFileText, IconRefresh, IconX } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { isolate } from '#shared/format/bidi'
import { useFormat } from '#shared/session'
import { FileName } from '../timeline/Attachment'
import type { Uploads } from './useUploads'

/** With so many files, the list may scroll: their number, and a button that removes all of them, are shown above it. */
const MANY = 3

export function AttachmentChips({ uploads: { items, remove, retry, clear } }: { uploads: Uploads }) {
  const { t } = useLingui()
  const format = useFormat()
  if (items.length === 0) return null
  const chips = (
    <ul className="uploads" aria-label={t`קבצים לשליחה`}>
      {items.map(item => (
        <li key={item.id} className={item.problem ? 'bad' : undefined}>
          {item.preview ? <img src={item.preview} alt="" /> : <Icon icon={IconFileText} />}
          <span className="grow">
            <FileName name={item.name} />
            <span className="small">
              {item.problem ? (
                <>
                  <Icon icon={IconAlertCircle} size="s" /> {item.problem.text}
                </>
              ) : item.media ? (
                item.file.size > 0 && format.bytes(item.file.size)
              ) : (
                <Trans>עולה, {format.number(item.part, { style: 'percent' })}</Trans>
              )}
            </span>
            {!item.media && !item.problem && <progress value={item.part} max={1} aria-label={t`עולה`} />}
          </span>
          {item.problem?.canRetry && (
            <button className="btn quiet icon" type="button" aria-label={t`לנסות שוב`} onClick={() => retry(item)}>
              <Icon icon={IconRefresh} />
            </button>
          )}
          <button
            className="btn quiet icon"
            type="button"
            aria-label={t`הסרת ${isolate(item.name)}`}
            onClick={() => remove(item.id)}
          >
            <Icon icon={IconX} size="s" />
          </button>
        </li>
      ))}
    </ul>
  )
  if (items.length < MANY) return chips
  return (
    <>
      <div className="uploads-head small">
        <span className="grow muted">
          <Plural value={items.length} other="# קבצים" />
        </span>
        <button className="btn link" type="button" onClick={clear}>
          <Trans>הסרת כולם</Trans>
        </button>
      </div>
      {chips}
    </>
  )
}
