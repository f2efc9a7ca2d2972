import { Trans } from '@lingui/react/macro'
import { IconAlertCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { Icon } from '#shared/components/Icon'
import { SkeletonRows } from '#shared/components/states'
import { openThreadQuery } from '../queries'

/** Shown in place of the composer until the daemon has opened the thread of a contact with whom there was none. */
export function OpenThread({ contactId }: { contactId: number }) {
  const { error, refetch } = useQuery(openThreadQuery(contactId))
  return (
    <div className="dock">
      {error ? (
        <p className="route bad" role="alert">
          <Icon icon={IconAlertCircle} />
          <span className="grow">{problemText(asApiError(error))}</span>
          <button className="btn link" type="button" onClick={() => void refetch()}>
            <Trans>לנסות שוב</Trans>
          </button>
        </p>
      ) : (
        <SkeletonRows count={1} height={76} />
      )}
    </div>
  )
}
