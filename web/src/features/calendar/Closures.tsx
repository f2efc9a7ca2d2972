import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { apiQuery } from '#shared/api/query'
import { EditRow } from '#shared/components/EditRow'
import { Icon } from '#shared/components/Icon'
import { LostInput } from '#shared/components/LostInput'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Loaded } from '#shared/components/states'
import { Plain } from '#shared/components/text'
import { useOpenForm } from '#shared/draft'
import { useOpenItems } from '#shared/open-items'
import { ClosureForm, type KeptClosure, useRefreshClosures } from './ClosureForm'
import { About, ClosureDays, ClosureWords } from './ClosureWords'
import type { Closure } from './data'

const closures = apiQuery('/api/closures')

const DRAFTS = ['closure']

export function Closures() {
  const query = useQuery(closures)
  const items = query.isSuccess && !query.isFetching ? query.data.items : undefined
  const { open, setOpen, lost, forgetLost } = useOpenForm<KeptClosure>(DRAFTS, items)
  const { rows, isGone } = useOpenItems(query.data?.items, ({ id }) => id === open)
  return (
    <section className="section" aria-labelledby="closures">
      <div className="row">
        <h2 className="grow" id="closures">
          <Trans>סגור מיוחד וחופשות</Trans>
        </h2>
        <button className="btn" type="button" onClick={() => setOpen('new')}>
          <Icon icon={IconPlus} size="s" />
          <Trans>הוספה</Trans>
        </button>
      </div>
      {lost.length > 0 && (
        <LostInput forget={forgetLost}>
          {lost.map(({ from, to, reason }) => (
            <p key={from + to + reason}>
              <bdi dir="ltr">{to.trim() ? `${from}–${to}` : from}</bdi> <Plain text={reason} />
            </p>
          ))}
        </LostInput>
      )}
      {open === 'new' && <ClosureForm close={() => setOpen(null)} />}
      <Loaded query={query} title={<Trans>הרשימה לא נטענה</Trans>}>
        {() =>
          rows.length === 0 ? (
            <p className="muted">
              <Trans>חופשה, שיפוץ, יום עיון: בימים האלה לא קובעים תורים.</Trans>
            </p>
          ) : (
            <ul className="entries edit-list">
              {rows.map(closure => (
                <li key={closure.id}>
                  {open === closure.id ? (
                    <ClosureForm closure={closure} isGone={isGone(closure)} close={() => setOpen(null)} />
                  ) : (
                    <ClosureRow closure={closure} open={() => setOpen(closure.id)} />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}

function ClosureRow({ closure, open }: { closure: Closure; open: () => void }) {
  const { t } = useLingui()
  const refresh = useRefreshClosures()
  const { id, from_date, to_date, reason, resource_id, from, to } = closure
  const edit = useEdit<Closure>(closure.etag, { follows: true })
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/closures/{id}', { params: { path: { id } }, headers: edit.headers() })),
    done: () => t`הוסר`,
    undo: () =>
      unwrap(client.POST('/api/closures', { body: { from_date, to_date, reason, resource_id, from, to } })).then(
        refresh,
      ),
    onDone: refresh,
    onError: error => {
      refresh()
      return edit.refused(error)
    },
  })
  return (
    <>
      <div className="row">
        <EditRow className="grow" open={open}>
          <span className="grow">
            <ClosureDays closure={closure} />
            <br />
            <span className="muted">
              <About closure={closure} />
            </span>
          </span>
        </EditRow>
        <button className="btn quiet stop" type="button" disabled={remove.isPending} onClick={() => remove.mutate()}>
          <Trans>הסרה</Trans>
        </button>
      </div>
      <RemovalRefused edit={edit} show={theirs => <ClosureWords closure={theirs} />} remove={() => remove.mutate()} />
    </>
  )
}
