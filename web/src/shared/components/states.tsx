import { Trans, useLingui } from '@lingui/react/macro'
import { type ReactNode, useId } from 'react'
import { asApiError } from '../api/errors'
import { useShownError } from '../api/failures'
import { problemText } from '../api/problem-text'
import { Ltr } from './text'

interface EmptyProps {
  title: ReactNode
  /** What will appear here, and when. */
  children?: ReactNode
  action?: ReactNode
  /** `h1` if the state fills the whole page. */
  heading?: 'h1' | 'h2'
}

export function EmptyState({ title, children, action, heading: Heading = 'h2' }: EmptyProps) {
  return (
    <div className="empty">
      <Heading>{title}</Heading>
      {children && <p>{children}</p>}
      {action}
    </div>
  )
}

interface ErrorProps {
  error: unknown
  title?: ReactNode
  retry?: () => void
  /** For data that no longer exists, where a retry is useless: the title, and a link to what does exist. */
  missing?: { title: ReactNode; action: ReactNode }
}

/** Whether the error says that the data does not exist or no longer exists. */
export const isMissing = (error: unknown): boolean => Boolean(error) && asApiError(error).status === 404

export function ErrorState({ error, title, retry, missing }: ErrorProps) {
  const found = asApiError(error)
  useShownError(error)
  const gone = isMissing(found) ? missing : undefined
  return (
    <div className="empty" role="alert">
      <h2>{gone?.title ?? title ?? <Trans>זה לא נטען</Trans>}</h2>
      <p>{problemText(found)}</p>
      {gone?.action}
      {retry && !gone && (
        <button className="btn pen" type="button" onClick={retry}>
          <Trans>לנסות שוב</Trans>
        </button>
      )}
      {found.status > 0 && (
        <p className="small faint">
          <Ltr>{`${found.status} ${found.code}`}</Ltr>
        </p>
      )}
    </div>
  )
}

/**
 * Placeholder rows with the height of the expected rows. They reserve the space at once, so that the layout does not
 * shift, and become visible only if the data takes longer than 150 ms.
 */
export function SkeletonRows({ count = 8, height = 66 }: { count?: number; height?: number }) {
  const { t } = useLingui()
  const id = useId()
  return (
    <div role="status" aria-label={t`נטען`} className="skeleton-rows">
      {Array.from({ length: count }, (_, row) => (
        <div key={`${id}${row}`} className="skeleton-row" style={{ blockSize: height }}>
          <span className="skel" style={{ inlineSize: `${28 + ((row * 17) % 24)}%` }} />
          <span className="skel" style={{ inlineSize: `${52 + ((row * 29) % 36)}%` }} />
        </div>
      ))}
    </div>
  )
}

interface QueryLike<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

/** Data that was loaded before stays in spite of a later error, except after a 404 with `missing`. */
export function Loaded<T>(props: {
  query: QueryLike<T>
  skeleton?: ReactNode
  title?: ReactNode
  /** For data that may no longer exist: shown after a 404, also instead of data that was loaded before. */
  missing?: ErrorProps['missing']
  children: (data: T) => ReactNode
}) {
  const { query, skeleton, title, missing, children } = props
  const isGone = missing !== undefined && isMissing(query.error)
  if (query.data !== undefined && !isGone) return children(query.data)
  if (query.error) {
    return <ErrorState error={query.error} title={title} retry={() => void query.refetch()} missing={missing} />
  }
  return skeleton ?? <SkeletonRows />
}
