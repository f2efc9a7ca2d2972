import { Plural, Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { Link } from '#shared/components/Link'
import { useFormat } from '#shared/session'

export type Erased = Schemas['EraseContactResponse']

/** Says that the contact's data was deleted, and where copies remain until they expire. */
export function ErasedContact({ erased }: { erased: Erased }) {
  const format = useFormat()
  const { overwritten, bridge_pending, snapshots } = erased
  const until = snapshots
    .map(snapshot => snapshot.until)
    .sort()
    .at(-1)
  const day = until && format.date(until)
  return (
    <main className="page narrow form">
      <h1>
        <Trans>כל המידע נמחק מהמכונה</Trans>
      </h1>
      {(bridge_pending || !overwritten || until) && (
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
                <Trans>
                  בקובץ העבודה של מסד הנתונים, כי תוכנה אחרת קוראת בו עכשיו. הוא יידרס לבד, בדרך כלל תוך זמן קצר.
                </Trans>
              </li>
            )}
            {day && (
              <li>
                <Plural
                  value={snapshots.length}
                  one={`בעותק גיבוי אחד, עד ${day}.`}
                  two={`בשני עותקי גיבוי, עד ${day}.`}
                  other={`ב־# עותקי גיבוי, עד ${day}.`}
                />
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
