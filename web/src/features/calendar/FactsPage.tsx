import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconPlus } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { EditorPage } from '#shared/components/EditorPage'
import { EditRow } from '#shared/components/EditRow'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { Icon } from '#shared/components/Icon'
import { LostInput } from '#shared/components/LostInput'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Plain } from '#shared/components/text'
import { KeptInput, useKeep, useKept, useOpenForm } from '#shared/draft'
import { useOpenItems } from '#shared/open-items'
import { useSession } from '#shared/session'
import { Gaps } from './Gaps'
import './calendar.css'

type Fact = Schemas['Fact']

const DRAFTS = ['fact']

export default function FactsPage() {
  const { t } = useLingui()
  const query = useAllPages('/api/facts')
  const { isOwner } = useSession()
  const items = query.isWhole ? query.data?.items : undefined
  const { open, setOpen, lost, forgetLost } = useOpenForm<Kept>(DRAFTS, items, isOwner)
  const { rows, isGone } = useOpenItems(query.data?.items, ({ id }) => id === open)
  const add = isOwner && (
    <button className="btn pen" type="button" onClick={() => setOpen('new')}>
      <Icon icon={IconPlus} />
      <Trans>עובדה חדשה</Trans>
    </button>
  )
  return (
    <EditorPage
      ownerOnly
      title={t`מה הסוכן יודע`}
      lead={<Trans>כתובת, חניה, מחירים, כללים. הסוכן עונה רק ממה שכתוב כאן, ולא ממציא.</Trans>}
      action={query.data && query.data.items.length > 0 && add}
    >
      {isOwner && <Gaps />}
      {lost.length > 0 && (
        <LostInput forget={forgetLost}>
          {lost.map(({ topic, text }) => (
            <p key={topic + text}>
              <bdi className="strong">{topic}</bdi> <Plain text={text} />
            </p>
          ))}
        </LostInput>
      )}
      {open === 'new' && <FactForm close={() => setOpen(null)} />}
      <Loaded query={query} skeleton={<SkeletonRows count={5} height={66} />} title={<Trans>הרשימה לא נטענה</Trans>}>
        {() =>
          rows.length === 0 && open !== 'new' ? (
            <EmptyState title={<Trans>הסוכן עוד לא יודע כלום על העסק</Trans>} action={add}>
              <Trans>לדוגמה: «איפה אתם?» — «הרצל 48, קומה ב׳, יש חניה מאחור».</Trans>
            </EmptyState>
          ) : (
            <ul className="entries edit-list">
              {rows.map(fact => (
                <li key={fact.id}>
                  {open === fact.id ? (
                    <FactForm fact={fact} isGone={isGone(fact)} close={() => setOpen(null)} />
                  ) : (
                    <FactRow fact={fact} open={isOwner ? () => setOpen(fact.id) : undefined} />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </EditorPage>
  )
}

function FactRow({ fact, open }: { fact: Fact; open?: (() => void) | undefined }) {
  const content = (
    <>
      <span className="grow">
        <b>
          <bdi>{fact.topic}</bdi>
        </b>
        <Plain text={fact.text} className="muted lines" />
      </span>
      {fact.source === 'import' && (
        <span className="chip">
          <Trans>יובא מקובץ</Trans>
        </span>
      )}
      {fact.source === 'answer' && (
        <span className="chip">
          <Trans>תשובה לשאלה</Trans>
        </span>
      )}
      {fact.source === 'agent' && (
        <span className="chip pencil">
          <Icon icon={IconPencil} size="s" />
          <Trans>כתב הסוכן</Trans>
        </span>
      )}
    </>
  )
  return open ? <EditRow open={open}>{content}</EditRow> : <div className="edit-row fixed">{content}</div>
}

/** `etag` is the version on which the input is based. */
interface Kept {
  topic: string
  text: string
  etag?: string | undefined
}

interface FormProps {
  /** The fact to change; absent for a new one. */
  fact?: Fact
  isGone?: boolean
  close: () => void
}

function FactForm({ fact, isGone = false, close: leave }: FormProps) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const draft = `fact.${fact?.id ?? 'new'}`
  const kept = useKept<Kept>(draft)
  const [topic, setTopic] = useState(kept?.topic ?? fact?.topic ?? '')
  const [text, setText] = useState(kept?.text ?? fact?.text ?? '')
  const etag = kept ? kept.etag : fact?.etag
  const end = useKeep<Kept>(
    draft,
    { topic, text, etag },
    { topic: fact?.topic ?? '', text: fact?.text ?? '', etag },
    leave,
  )
  const close = () => {
    end()
    leave()
  }
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/facts'] })
  const body = { topic: topic.trim(), text: text.trim() }
  const edit = useEdit<Fact>(etag)
  const { theirs } = edit
  const save = useAction({
    run: () =>
      fact
        ? unwrap(client.PATCH('/api/facts/{id}', { params: { path: { id: fact.id } }, body, headers: edit.headers() }))
        : unwrap(client.POST('/api/facts', { body })),
    what: () => ({ failed: t`העובדה לא נשמרה`, unknown: t`לא ידוע אם העובדה נשמרה` }),
    done: () => t`נשמר`,
    onDone: () => {
      refresh()
      close()
    },
    onError: edit.refused,
  })
  const removal = useEdit<Fact>(fact?.etag)
  const remove = useAction({
    run: () =>
      unwrap(client.DELETE('/api/facts/{id}', { params: { path: { id: fact?.id ?? 0 } }, headers: removal.headers() })),
    done: () => t`נמחק`,
    undo: () =>
      unwrap(client.POST('/api/facts', { body: { topic: fact?.topic ?? '', text: fact?.text ?? '' } })).then(refresh),
    onDone: () => {
      refresh()
      close()
    },
    onError: removal.refused,
  })
  return (
    <form
      className="edit-form"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      {kept && <KeptInput discard={close} />}
      <Field
        label={<Trans>נושא</Trans>}
        value={topic}
        dir="auto"
        maxLength={200}
        autoFocus
        placeholder={t`חניה`}
        onChange={event => setTopic(event.target.value)}
      />
      <div className="labelled">
        <label className="lb" htmlFor="fact-text">
          <Trans>מה להגיד</Trans>
        </label>
        <textarea
          id="fact-text"
          className="field"
          dir="auto"
          rows={3}
          maxLength={2000}
          value={text}
          onChange={event => setText(event.target.value)}
        />
      </div>
      {isGone && <Gone />}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={
            <>
              <bdi className="strong">{theirs.topic}</bdi> <Plain text={theirs.text} />
            </>
          }
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={() => {
            refresh()
            close()
          }}
        />
      )}
      <RemovalRefused
        edit={removal}
        show={theirs => (
          <>
            <bdi>{theirs.topic}</bdi> <Plain text={theirs.text} />
          </>
        )}
        remove={() => remove.mutate()}
      />
      <div className="row">
        <button
          className="btn pen"
          type="submit"
          disabled={!body.topic || !body.text || save.isPending || isGone || theirs !== undefined}
        >
          <Trans>שמירה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>ביטול</Trans>
        </button>
        {fact && !isGone && (
          <button className="btn quiet stop" type="button" disabled={remove.isPending} onClick={() => remove.mutate()}>
            <Trans>מחיקה</Trans>
          </button>
        )}
      </div>
    </form>
  )
}
