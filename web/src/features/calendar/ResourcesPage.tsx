import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { EditorPage } from '#shared/components/EditorPage'
import { EditRow } from '#shared/components/EditRow'
import { Icon } from '#shared/components/Icon'
import { LostInput } from '#shared/components/LostInput'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { useOpenForm } from '#shared/draft'
import { useOpenItems } from '#shared/open-items'
import { useSession } from '#shared/session'
import { everyResource, type Resource, type Service, useResources, useServices } from './data'
import { RemoveButton } from './RemoveButton'
import { Removed } from './Removed'
import { type KeptResource, RESOURCE_DRAFTS, ResourceForm } from './ResourceForm'
import { type KeptHours, KeptHoursWords } from './ResourceHours'
import { ResourceName } from './ResourceName'
import { ResourceWords } from './ResourceWords'
import './calendar.css'

export default function ResourcesPage() {
  const { t } = useLingui()
  const { isOwner } = useSession()
  const resources = useResources()
  const services = useServices()
  const items = resources.isSuccess && !resources.isFetching ? resources.data.items : undefined
  const { open, setOpen, lost, forgetLost } = useOpenForm<KeptResource | KeptHours>(RESOURCE_DRAFTS, items, isOwner)
  const { rows, isGone } = useOpenItems(resources.data?.items, ({ id }) => id === open)
  return (
    <EditorPage
      ownerOnly
      title={t`עובדים ועמדות`}
      lead={<Trans>אצל מי קובעים. אצל כל אחד יש תור אחד בכל רגע, וכל אחד עושה את השירותים שסומנו לו.</Trans>}
      action={
        isOwner && (
          <button className="btn pen" type="button" onClick={() => setOpen('new')}>
            <Icon icon={IconPlus} />
            <Trans>הוספה</Trans>
          </button>
        )
      }
    >
      {lost.length > 0 && (
        <LostInput forget={forgetLost}>
          {lost.map(kept => (
            <p key={JSON.stringify(kept)}>
              {'name' in kept ? <bdi className="strong">{kept.name}</bdi> : <KeptHoursWords kept={kept} />}
            </p>
          ))}
        </LostInput>
      )}
      {open === 'new' && <ResourceForm services={services.data?.items ?? []} close={() => setOpen(null)} />}
      <Loaded
        query={resources}
        skeleton={<SkeletonRows count={4} height={56} />}
        title={<Trans>הרשימה לא נטענה</Trans>}
      >
        {({ items }) => (
          <ul className="entries edit-list">
            {rows.map(resource => (
              <li key={resource.id}>
                {open === resource.id ? (
                  <ResourceForm
                    resource={resource}
                    isGone={isGone(resource)}
                    services={services.data?.items ?? []}
                    close={() => setOpen(null)}
                  />
                ) : (
                  <Row
                    resource={resource}
                    services={services.data?.items ?? []}
                    isOnly={items.length === 1}
                    open={isOwner ? () => setOpen(resource.id) : undefined}
                  />
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {isOwner && <RemovedResources />}
    </EditorPage>
  )
}

interface RowProps {
  resource: Resource
  services: readonly Service[]
  isOnly: boolean
  /** Opens the form; undefined for users who may not change the resource. */
  open: (() => void) | undefined
}

function Row({ resource, services, isOnly, open }: RowProps) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/resources'] })
  const params = { path: { id: resource.id } }
  const edit = useEdit<Resource>(resource.etag, { follows: true })
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/resources/{id}', { params, headers: edit.headers() })),
    done: () => t`הוסר מהיומן. תורים שנקבעו נשארים`,
    undo: () => unwrap(client.PATCH('/api/resources/{id}', { params, body: { archived: false } })).then(refresh),
    onDone: refresh,
    onError: error => {
      refresh()
      return edit.refused(error)
    },
  })
  const words = (
    <>
      <b className="grow">
        <ResourceName resource={resource} />
      </b>
      <span className="muted">
        {resource.kind === 'room' ? <Trans>עמדה או חדר</Trans> : <Trans>עובד או עובדת</Trans>}
      </span>
    </>
  )
  if (!open) return <div className="row edit-row fixed">{words}</div>
  return (
    <>
      <div className="row">
        <EditRow className="grow" open={open}>
          {words}
        </EditRow>
        {!isOnly && (
          <RemoveButton
            of={{ resource_id: resource.id }}
            appointmentsStay={<Trans>מה שנקבע נשאר ביומן, ואפשר לבטל אותו או להזיז אותו לעובד או לעמדה אחרים.</Trans>}
            waitingStay={<Trans>מי שממתינים נשארים ברשימה, אבל לא יוצעו להם תורים כאן.</Trans>}
            isBusy={remove.isPending}
            remove={() => remove.mutate()}
          />
        )}
      </div>
      <RemovalRefused
        edit={edit}
        show={theirs => <ResourceWords resource={theirs} services={services} />}
        remove={() => remove.mutate()}
      />
    </>
  )
}

function RemovedResources() {
  const { t } = useLingui()
  const cache = useQueryClient()
  const query = useQuery(everyResource)
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/resources'] })
  const archive = (id: number, archived: boolean) =>
    unwrap(client.PATCH('/api/resources/{id}', { params: { path: { id } }, body: { archived } }))
  const restore = useAction({
    run: ({ id }: Resource) => archive(id, false),
    done: () => t`חזר ליומן`,
    undo: ({ id }) => archive(id, true).then(refresh),
    onDone: refresh,
  })
  return (
    <Removed
      title={<Trans>מי שהוסרו מהיומן</Trans>}
      items={query.data?.items.filter(({ archived }) => archived) ?? []}
      words={resource => <ResourceName resource={resource} />}
      isBusy={restore.isPending}
      restore={restore.mutate}
    />
  )
}
