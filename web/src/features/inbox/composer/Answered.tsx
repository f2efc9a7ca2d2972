import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowBackUp, IconX } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { dirOf, stripMarks } from '#shared/format/bidi'
import type { Reply } from '../model/reply'

/** The quoted message above the field. */
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
