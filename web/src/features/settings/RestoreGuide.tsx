import { Trans } from '@lingui/react/macro'
import { useTarget, useTargetName } from '#shared/target'

interface Props {
  folder: string
  database: string
  newest: string | undefined
}

const UNITS = 'agentlocator-{web,http,https,bridge}.socket agentlocator.service'

export function RestoreGuide({ folder, database, newest }: Props) {
  const file = newest ?? 'FILE'
  const isEncrypted = file.endsWith('.age')
  return (
    <details className="fold" open={useTargetName() === 'restore'}>
      <summary {...useTarget('restore')} tabIndex={0}>
        <Trans>איך משחזרים מגיבוי</Trans>
      </summary>
      <div className="guide">
        <p>
          <Trans>
            שחזור מחליף את כל הנתונים במה שהיה ברגע הגיבוי. מה שקרה מאז נשאר בקובץ שנשמר בצד, ולא נמחק. עושים את זה
            במכונה עצמה, בשורת הפקודה:
          </Trans>
        </p>
        <pre dir="ltr">{`sudo agentlocator snapshots list
sudo agentlocator restore ${file}${isEncrypted ? ' --identity key.txt' : ''}`}</pre>
        <p>
          <Trans>
            הפקודה קוראת קודם את כל הקובץ, מראה כמה לקוחות, הודעות ושיחות יש בו, ושואלת לפני שהיא מחליפה. היא עוצרת את
            השירות ומפעילה אותו בעצמה. מקובץ שהורדתם, כותבים את הנתיב שלו במקום השם.
          </Trans>
        </p>
        {!isEncrypted && (
          <>
            <p>
              <Trans>בלי הפקודה, או במכונה חדשה שהמערכת כבר מותקנת בה:</Trans>
            </p>
            <pre dir="ltr">{`sudo systemctl stop ${UNITS}
sudo cp ${folder}/${file} ${database}
sudo systemctl start ${UNITS}`}</pre>
          </>
        )}
        <p>
          <Trans>
            אחרי השחזור, הודעות שהיו בדרך מחכות לאישור שלכם בדף ״תקלות״, כדי ששום דבר לא יישלח פעמיים. במכונה חדשה צריך
            גם לקשר את WhatsApp ולהזין שוב מפתחות וסיסמאות: הם לא נמצאים בגיבוי.
          </Trans>
        </p>
      </div>
    </details>
  )
}
