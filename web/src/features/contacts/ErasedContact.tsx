import { Plural, Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { Link } from '#shared/components/Link'
import { useFormat } from '#shared/session'

export interface Erased extends EraseResponse {
  /** The number of future appointments that the erasure has deleted. */
  appointments: number
}

type EraseResponse = Schemas['EraseContactResponse']

export function ErasedContact({ erased }: { erased: Erased }) {
  const format = useFormat()
  const { overwritten, bridge_pending, snapshots, in_bucket, in_replica, appointments } = erased
  const dated = snapshots.flatMap(({ until }) => until ?? [])
  const undated = snapshots.length - dated.length
  const last = dated.sort().at(-1)
  const day = last && format.date(last)
  const remains = bridge_pending || !overwritten || snapshots.length > 0 || in_bucket || in_replica
  return (
    <main className="page narrow form">
      <h1>
        <Trans>כל המידע נמחק מהמכונה</Trans>
      </h1>
      {appointments > 0 && (
        <p>
          <Plural
            value={appointments}
            one="תור עתידי אחד נמחק מהיומן."
            two="שני תורים עתידיים נמחקו מהיומן."
            other="# תורים עתידיים נמחקו מהיומן."
          />
        </p>
      )}
      {remains && (
        <>
          <p className="muted">
            <Trans>מה עוד נשאר, ועד מתי:</Trans>
          </p>
          <ul className="remains muted">
            {bridge_pending && (
              <li>
                <Trans>
                  בתוכנה שמחברת ל־WhatsApp: היא לא ענתה. המכונה מבקשת ממנה שוב, לבד, עד 30 ימים; אין מה לעשות.
                </Trans>
              </li>
            )}
            {!overwritten && (
              <li>
                <Trans>בקובץ העבודה של מסד הנתונים. הוא יידרס לבד, בדרך כלל תוך זמן קצר.</Trans>
              </li>
            )}
            {day && (
              <li>
                <Plural
                  value={dated.length}
                  one={`בעותק גיבוי אחד, עד ${day}.`}
                  two={`בשני עותקי גיבוי, עד ${day}.`}
                  other={`ב־# עותקי גיבוי, עד ${day}.`}
                />
              </li>
            )}
            {undated > 0 && (
              <li>
                <Plural
                  value={undated}
                  one="בעותק אחד שנוצר ידנית, או לפני עדכון או שחזור, עד שיימחק. אין לזה תאריך קבוע."
                  two="בשני עותקים שנוצרו ידנית, או לפני עדכון או שחזור, עד שיימחקו. אין לזה תאריך קבוע."
                  other="ב־# עותקים שנוצרו ידנית, או לפני עדכון או שחזור, עד שיימחקו. אין לזה תאריך קבוע."
                />
              </li>
            )}
            {in_bucket && (
              <li>
                <Trans>בעותקי הגיבוי שהועלו לאחסון מחוץ למכונה, עד שהם נמחקים שם.</Trans>
              </li>
            )}
            {in_replica && (
              <li>
                <Trans>בעותק שתוכנת Litestream שומרת, ובמכונה חלופית אם יש: כל עוד נשמרים שם נתונים ישנים.</Trans>
              </li>
            )}
          </ul>
        </>
      )}
      <p>
        <Link className="btn pen" href="/app/contacts">
          <Trans>לכל הלקוחות</Trans>
        </Link>
      </p>
    </main>
  )
}
