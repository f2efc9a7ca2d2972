import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { Problem } from '#shared/components/Problem'
import { isolate } from '#shared/format/bidi'
import { useSession } from '#shared/session'
import { refresh } from './appointments'
import { everyService } from './data'

/** Shown instead of the free times of a service that was removed. */
export function ServiceArchived({ service }: { service: number }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const { isOwner } = useSession()
  const services = useQuery(everyService)
  const name = services.data?.items.find(({ id }) => id === service)?.name ?? ''
  const restore = useAction({
    run: () =>
      unwrap(client.PATCH('/api/services/{id}', { params: { path: { id: service } }, body: { archived: false } })),
    done: () => t`השירות ${isolate(name)} חזר לרשימה`,
    onDone: () => {
      void cache.invalidateQueries({ queryKey: ['/api/services'] })
      refresh(cache)
    },
  })
  return (
    <div role="alert">
      <Problem
        icon={IconAlertTriangle}
        title={
          <Trans>
            השירות <bdi>{name}</bdi> הוסר, ולכן אין לו שעות פנויות
          </Trans>
        }
        action={
          isOwner && (
            <button className="btn" type="button" disabled={restore.isPending} onClick={() => restore.mutate()}>
              <Trans>להחזיר את השירות</Trans>
            </button>
          )
        }
      >
        {isOwner ? (
          <Trans>אפשר להחזיר אותו, או לבחור לתור שירות אחר.</Trans>
        ) : (
          <Trans>בעלי העסק יכולים להחזיר אותו. אפשר גם לבחור לתור שירות אחר.</Trans>
        )}
      </Problem>
    </div>
  )
}
