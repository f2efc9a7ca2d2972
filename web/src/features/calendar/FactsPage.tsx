import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Plain } from '#shared/components/text'
import { EditorPage } from './EditorPage'
import { Gaps } from './Gaps'

type Fact = Schemas['Fact']
const facts = apiQuery('/api/facts', { query: { limit: 200 } })

/** What the agent may say about the business. */
export default function FactsPage() {
  const { t } = useLingui()
  const query = useQuery(facts)
  const [open, setOpen] = useState<number | 'new' | null>(null)
  const add = (
    <button className="btn pen" type="button" onClick={() => setOpen('new')}>
      <Icon icon={IconPlus} />
      <Trans>עובדה חדשה</Trans>
    </button>
  )
  return (
    <EditorPage
      title={t`מה הסוכן יודע`}
      lead={<Trans>כתובת, חניה, מחירים, כללים. הסוכן עונה רק ממה שכתוב כאן, ולא ממציא.</Trans>}
      action={query.data && query.data.items.length > 0 && add}
    >
      <Gaps />
      {open === 'new' && <FactForm close={() => setOpen(null)} />}
      <Loaded query={query} skeleton={<SkeletonRows count={5} height={66} />} title={<Trans>הרשימה לא נטענה</Trans>}>
        {({ items }) =>
          items.length === 0 && open !== 'new' ? (
            <EmptyState title={<Trans>הסוכן עוד לא יודע כלום על העסק</Trans>} action={add}>
              <Trans>לדוגמה: «איפה אתם?» — «הרצל 48, קומה ב׳, יש חניה מאחור».</Trans>
            </EmptyState>
          ) : (
            <ul className="entries edit-list">
              {items.map(fact => (
                <li key={fact.id}>
                  {open === fact.id ? (
                    <FactForm fact={fact} close={() => setOpen(null)} />
                  ) : (
                    <button className="edit-row" type="button" onClick={() => setOpen(fact.id)}>
                      <span className="grow">
                        <b>
                          <bdi>{fact.topic}</bdi>
                        </b>
                        <br />
                        <Plain text={fact.text} className="muted" />
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
                    </button>
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

function FactForm({ fact, close }: { fact?: Fact; close: () => void }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const [topic, setTopic] = useState(fact?.topic ?? '')
  const [text, setText] = useState(fact?.text ?? '')
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/facts'] })
  const body = { topic: topic.trim(), text: text.trim() }
  const save = useAction({
    run: () =>
      fact
        ? unwrap(client.PATCH('/api/facts/{id}', { params: { path: { id: fact.id } }, body }))
        : unwrap(client.POST('/api/facts', { body })),
    done: () => t`נשמר`,
    onDone: () => {
      refresh()
      close()
    },
  })
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/facts/{id}', { params: { path: { id: fact?.id ?? 0 } } })),
    done: () => t`נמחק`,
    undo: () =>
      unwrap(client.POST('/api/facts', { body: { topic: fact?.topic ?? '', text: fact?.text ?? '' } })).then(refresh),
    onDone: () => {
      refresh()
      close()
    },
  })
  return (
    <form
      className="edit-form"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
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
      <div className="row">
        <button className="btn pen" type="submit" disabled={!body.topic || !body.text || save.isPending}>
          <Trans>שמירה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>ביטול</Trans>
        </button>
        {fact && (
          <button className="btn quiet stop" type="button" disabled={remove.isPending} onClick={() => remove.mutate()}>
            <Trans>מחיקה</Trans>
          </button>
        )}
      </div>
    </form>
  )
}
