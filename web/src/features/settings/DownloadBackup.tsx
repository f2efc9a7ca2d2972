import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { FormEvent } from 'react'
import { useAction } from '#shared/api/action'
import { useOwnPassword } from '#shared/components/own-password'
import { Problem } from '#shared/components/Problem'
import { Ltr } from '#shared/components/text'

interface Props {
  name: string
  size: string
  isEncrypted: boolean
  onClose: () => void
}

/** Requires the password again, because a backup contains all data. */
export function DownloadBackup({ name, size, isEncrypted, onClose }: Props) {
  const own = useOwnPassword({ autoFocus: true })
  const confirm = useAction({
    run: own.confirm,
    onDone: () => {
      save(name)
      onClose()
    },
    onError: own.handles,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate()
  }
  return (
    <form className="form backup-download" onSubmit={submit}>
      <Problem
        icon={IconAlertTriangle}
        title={
          <Trans>
            בקובץ הזה נמצאים כל הנתונים שלכם (<Ltr>{size}</Ltr>)
          </Trans>
        }
      >
        {isEncrypted ? (
          <Trans>הוא מוצפן, ונפתח רק עם המפתח ששמרתם. שומרים את שניהם, בנפרד.</Trans>
        ) : (
          <Trans>לקוחות, שיחות, הודעות והקלטות, בלי הצפנה. שומרים אותו במקום שרק אתם מגיעים אליו.</Trans>
        )}
      </Problem>
      {own.field}
      <div className="row">
        <button className="btn pen" type="submit" disabled={own.isEmpty || confirm.isPending}>
          {confirm.isPending ? <Trans>בודק…</Trans> : <Trans>להוריד</Trans>}
        </button>
        <button className="btn" type="button" onClick={onClose}>
          <Trans>לא עכשיו</Trans>
        </button>
      </div>
    </form>
  )
}

/** The browser downloads the file itself: it shows the progress and can resume. */
function save(name: string): void {
  const link = document.createElement('a')
  link.href = `/api/backups/${encodeURIComponent(name)}/download`
  link.download = ''
  link.click()
}
