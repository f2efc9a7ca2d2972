import { Plural, Trans } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Ltr, Time } from '#shared/components/text'
import { useFormat, useSession } from '#shared/session'
import { retainedKind } from './retention'
import type { Item } from './sections'

type Amount = Schemas['RetentionAmount']

interface ShorterProps {
  item: Item
  days: number
  onConfirm: () => void
  onCancel: () => void
}

/** If nothing would be deleted, the limit is saved at once. */
export function Shorter({ item, days, onConfirm, onCancel }: ShorterProps) {
  const kind = retainedKind(item.key)
  const query = useQuery({
    ...apiQuery('/api/retention', { query: { [`${kind}_days`]: days } }),
    // The amounts must be current, so they are not cached.
    staleTime: 0,
    gcTime: 0,
  })
  const found = query.data?.items.find(amount => amount.kind === kind)
  const isNothing = query.data !== undefined && !query.isFetching && (found?.rows ?? 0) === 0
  useEffect(() => {
    if (isNothing) onConfirm()
  }, [isNothing, onConfirm])
  return (
    <div className="shorter" role="alertdialog" aria-label={item.title}>
      <Loaded query={query} skeleton={<SkeletonRows count={1} height={52} />}>
        {() =>
          found && found.rows > 0 ? (
            <>
              <Problem icon={IconAlertTriangle} level="bad" title={<Deletes amount={found} />}>
                <Trans>
                  כל מה שמלפני <Time at={found.before} style="long" />. אי אפשר לבטל את זה, וזה נשאר רק בגיבויים.
                </Trans>
              </Problem>
              <div className="row">
                <button className="btn stop fill" type="button" onClick={onConfirm}>
                  <Trans>לשמור ולמחוק</Trans>
                </button>
                <button className="btn" type="button" onClick={onCancel}>
                  <Trans>להשאיר כמו שהיה</Trans>
                </button>
              </div>
            </>
          ) : null
        }
      </Loaded>
    </div>
  )
}

function Deletes({ amount }: { amount: Amount }) {
  return (
    <>
      <Trans>
        זה מוחק <What amount={amount} />
      </Trans>
      <Size bytes={amount.bytes} />
    </>
  )
}

function Size({ bytes }: { bytes: number }) {
  const format = useFormat()
  if (bytes === 0) return null
  return (
    <>
      , <Ltr>{format.bytes(bytes)}</Ltr>
    </>
  )
}

function What({ amount: { kind, rows } }: { amount: Amount }) {
  switch (kind) {
    case 'recordings':
      return <Plural value={rows} one="הקלטה אחת" two="שתי הקלטות" other="# הקלטות" />
    case 'media':
      return <Plural value={rows} one="קובץ אחד" two="שני קבצים" other="# קבצים" />
    case 'transcripts':
      return <Plural value={rows} one="שורת תמלול אחת" two="שתי שורות תמלול" other="# שורות תמלול" />
    case 'audit':
      return <Plural value={rows} one="שורה אחת ביומן" two="שתי שורות ביומן" other="# שורות ביומן" />
    default:
      return <Plural value={rows} one="פנייה גולמית אחת" two="שתי פניות גולמיות" other="# פניות גולמיות" />
  }
}

/** The amounts are shown to owners only. */
export function RetentionNow() {
  const { isOwner } = useSession()
  const query = useQuery({ ...apiQuery('/api/retention'), enabled: isOwner, staleTime: 0 })
  const due = (query.data?.items ?? []).filter(({ rows }) => rows > 0)
  return (
    <div className="retention-now">
      <p className="muted">
        <Trans>
          לקוחות, הודעות ושיחות נשמרים תמיד. מה שרשום כאן נמחק מעצמו בזמן שתקבעו. מחיקת לקוח אחד נמצאת בכרטיס שלו.
        </Trans>
      </p>
      {query.data && due.length === 0 && (
        <p className="small muted">
          <Trans>כרגע אין מה למחוק.</Trans>
        </p>
      )}
      {due.length > 0 && (
        <p className="small">
          <Trans>יימחק בשעות הקרובות:</Trans>{' '}
          {due.map((amount, at) => (
            <span key={amount.kind}>
              {at > 0 && <Dot />}
              <What amount={amount} />
              <Size bytes={amount.bytes} />
            </span>
          ))}
        </p>
      )}
    </div>
  )
}
