import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { Field } from '#shared/components/field'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'

type Gap = Schemas['KnowledgeGap']

/** Questions of callers that the agent could not answer. An answer that a user enters becomes a fact. */
export function Gaps() {
  const query = useAllPages('/api/knowledge-gaps')
  if (query.error && !query.data)
    return <Problem icon={IconAlertTriangle} level="plain" title={<Trans>השאלות בלי תשובה לא נטענו</Trans>} />
  const items = query.data?.items ?? []
  if (items.length === 0) return null
  return (
    <section aria-labelledby="gaps">
      <h2 id="gaps">
        <Trans>שאלו, ולסוכן לא הייתה תשובה</Trans>
      </h2>
      <ul className="entries edit-list">
        {items.map(gap => (
          <li key={gap.id}>
            <GapForm gap={gap} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function GapForm({ gap }: { gap: Gap }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const [text, setText] = useState('')
  const params = { path: { id: gap.id } }
  const refresh = () => {
    void cache.invalidateQueries({ queryKey: ['/api/knowledge-gaps'] })
    void cache.invalidateQueries({ queryKey: ['/api/facts'] })
  }
  const answer = useAction({
    run: () => unwrap(client.POST('/api/knowledge-gaps/{id}/answer', { params, body: { answer: text.trim() } })),
    done: () => t`הסוכן יודע את זה מעכשיו`,
    onDone: refresh,
  })
  const dismiss = useAction({
    run: () => unwrap(client.POST('/api/knowledge-gaps/{id}/dismiss', { params })),
    done: () => t`השאלה הוסרה מהרשימה`,
    undo: () => unwrap(client.POST('/api/knowledge-gaps/{id}/reopen', { params })).then(refresh),
    onDone: refresh,
  })
  const isBusy = answer.isPending || dismiss.isPending
  return (
    <form
      className="edit-form"
      onSubmit={event => {
        event.preventDefault()
        answer.mutate()
      }}
    >
      <Field
        label={<bdi>{gap.question}</bdi>}
        help={
          <>
            <Plural value={gap.times_asked} one="נשאל בשיחה אחת" two="נשאל בשתי שיחות" other="נשאל ב־# שיחות" />
            {gap.call_id && (
              <>
                {' · '}
                <Link href={`/app/calls/${gap.call_id}`}>
                  <Trans>לשיחה</Trans>
                </Link>
              </>
            )}
          </>
        }
        value={text}
        dir="auto"
        maxLength={2000}
        placeholder={t`התשובה, במשפט אחד`}
        onChange={event => setText(event.target.value)}
      />
      <div className="row">
        <button className="btn pen" type="submit" disabled={!text.trim() || isBusy}>
          <Trans>שמירת התשובה</Trans>
        </button>
        <button className="btn quiet" type="button" disabled={isBusy} onClick={() => dismiss.mutate()}>
          <Trans>לא צריך תשובה</Trans>
        </button>
      </div>
    </form>
  )
}
