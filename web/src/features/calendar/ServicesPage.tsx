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
import { Price } from '#shared/components/Price'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useOpenForm } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { useOpenItems } from '#shared/open-items'
import { useFormat, useSession } from '#shared/session'
import { everyService, type Service, useServices } from './data'
import { RemoveButton } from './RemoveButton'
import { Removed } from './Removed'
import { type KeptService, ServiceForm, serviceOf } from './ServiceForm'
import { ServiceWords } from './ServiceWords'
import './calendar.css'
import { Dot } from '#shared/components/text'

const DRAFTS = ['service']

export default function ServicesPage() {
  const { t } = useLingui()
  const { isOwner } = useSession()
  const services = useServices()
  const items = services.isSuccess && !services.isFetching ? services.data.items : undefined
  const { open, setOpen, lost, forgetLost } = useOpenForm<KeptService>(DRAFTS, items, isOwner)
  const { rows, isGone } = useOpenItems(services.data?.items, ({ id }) => id === open)
  const add = isOwner && (
    <button className="btn pen" type="button" onClick={() => setOpen('new')}>
      <Icon icon={IconPlus} />
      <Trans>שירות חדש</Trans>
    </button>
  )
  return (
    <EditorPage
      ownerOnly
      title={t`שירותים`}
      lead={<Trans>מה אפשר לקבוע, כמה זמן זה לוקח וכמה זה עולה. הסוכן מציע רק מה שכתוב כאן.</Trans>}
      action={services.data && services.data.items.length > 0 && add}
    >
      {lost.length > 0 && (
        <LostInput forget={forgetLost}>
          {lost.map(kept => (
            <p key={JSON.stringify(kept)}>
              <ServiceWords service={serviceOf(kept)} isWhole />
            </p>
          ))}
        </LostInput>
      )}
      {open === 'new' && <ServiceForm close={() => setOpen(null)} />}
      <Loaded
        query={services}
        skeleton={<SkeletonRows count={5} height={56} />}
        title={<Trans>השירותים לא נטענו</Trans>}
      >
        {() =>
          rows.length === 0 && open !== 'new' ? (
            <EmptyState title={<Trans>עוד אין שירותים</Trans>} action={add}>
              <Trans>לדוגמה: תספורת, 45 דקות. אפשר להוסיף מחיר וזמן הכנה.</Trans>
            </EmptyState>
          ) : (
            <ul className="entries edit-list">
              {rows.map(service => (
                <li key={service.id}>
                  {open === service.id ? (
                    <ServiceForm service={service} isGone={isGone(service)} close={() => setOpen(null)} />
                  ) : (
                    <ServiceRow service={service} open={isOwner ? () => setOpen(service.id) : undefined} />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {isOwner && <RemovedServices />}
    </EditorPage>
  )
}

function ServiceRow({ service, open }: { service: Service; open: (() => void) | undefined }) {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/services'] })
  const params = { path: { id: service.id } }
  const edit = useEdit<Service>(service.etag, { follows: true })
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/services/{id}', { params, headers: edit.headers() })),
    done: () => t`השירות ${isolate(service.name)} הוסר. תורים שנקבעו נשארים`,
    undo: () => unwrap(client.PATCH('/api/services/{id}', { params, body: { archived: false } })).then(refresh),
    onDone: refresh,
    onError: error => {
      refresh()
      return edit.refused(error)
    },
  })
  const words = (
    <>
      <b className="grow">
        <bdi>{service.name}</bdi>
      </b>
      <span className="muted">
        {format.length(service.duration_min)}
        {service.price_minor != null && (
          <>
            <Dot />
            <Price minor={service.price_minor} />
          </>
        )}
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
        <RemoveButton
          of={{ service_id: service.id }}
          appointmentsStay={<Trans>מה שנקבע נשאר ביומן, ואפשר להזיז ולבטל כרגיל.</Trans>}
          waitingStay={<Trans>מי שממתינים נשארים ברשימה, אבל לא יוצעו להם תורים עד שנבחר להם שירות אחר.</Trans>}
          isBusy={remove.isPending}
          remove={() => remove.mutate()}
        />
      </div>
      <RemovalRefused edit={edit} show={theirs => <ServiceWords service={theirs} />} remove={() => remove.mutate()} />
    </>
  )
}

function RemovedServices() {
  const { t } = useLingui()
  const cache = useQueryClient()
  const query = useQuery(everyService)
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/services'] })
  const archive = (id: number, archived: boolean) =>
    unwrap(client.PATCH('/api/services/{id}', { params: { path: { id } }, body: { archived } }))
  const restore = useAction({
    run: ({ id }: Service) => archive(id, false),
    done: ({ name }) => t`השירות ${isolate(name)} חזר לרשימה`,
    undo: ({ id }) => archive(id, true).then(refresh),
    onDone: refresh,
  })
  return (
    <Removed
      title={<Trans>שירותים שהוסרו</Trans>}
      items={query.data?.items.filter(({ archived }) => archived) ?? []}
      words={({ name }) => <bdi>{name}</bdi>}
      isBusy={restore.isPending}
      restore={restore.mutate}
    />
  )
}
