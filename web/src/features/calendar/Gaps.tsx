import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { Dot } from '#shared/components/text'
import { useOpenItems } from '#shared/open-items'

type Gap = Schemas['KnowledgeGap']

/** An answer that a user enters becomes a fact. */
export function Gaps() {
  const query = useAllPages('/api/knowledge-gaps')
  /** The answers that were typed and not saved yet, by the id of the question. */
  const [texts, setTexts] = useState<Readonly<Record<number, string>>>({})
  const { rows, isGone } = useOpenItems(query.data?.items, ({ id }) => Boolean(texts[id]?.trim()))
  if (query.error && !query.data)
    return <Problem icon={IconAlertTriangle} level="plain" title={<Trans>השאלות בלי תשובה לא נטענו</Trans>} />
  if (rows.length === 0) return null
  return (
    <section aria-labelledby="gaps">
      <h2 id="gaps">
        <Trans>שאלו, ולסוכן לא הייתה תשובה</Trans>
      </h2>
      <ul className="entries edit-list">
        {rows.map(gap => (
          <li key={gap.id}>
            <GapForm
              gap={gap}
              isGone={isGone(gap)}
              text={texts[gap.id] ?? ''}
              setText={text => setTexts(before => ({ ...before, [gap.id]: text }))}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

interface FormProps {
  gap: Gap
  isGone: boolean
  text: string
  setText: (text: string) => void
}

function GapForm({ gap, isGone, text, setText }: FormProps) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const params = { path: { id: gap.id } }
  const refresh = () => {
    void cache.invalidateQueries({ queryKey: ['/api/knowledge-gaps'] })
    void cache.invalidateQueries({ queryKey: ['/api/facts'] })
  }
  const onDone = () => {
    // An empty form leaves with its question.
    setText('')
    refresh()
  }
  const answer = useAction({
    run: () => unwrap(client.POST('/api/knowledge-gaps/{id}/answer', { params, body: { answer: text.trim() } })),
    done: () => t`הסוכן יודע את זה מעכשיו`,
    // In this order: a question whose fact exists cannot be opened again.
    undo: async (_, fact) => {
      await unwrap(client.DELETE('/api/facts/{id}', { params: { path: { id: fact.id } } }))
      await unwrap(client.POST('/api/knowledge-gaps/{id}/reopen', { params }))
      refresh()
    },
    onDone,
  })
  const dismiss = useAction({
    run: () => unwrap(client.POST('/api/knowledge-gaps/{id}/dismiss', { params })),
    done: () => t`השאלה הוסרה מהרשימה`,
    undo: () => unwrap(client.POST('/api/knowledge-gaps/{id}/reopen', { params })).then(refresh),
    onDone,
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
                <Dot />
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
      {isGone && <Gone />}
      <div className="row">
        <button className="btn pen" type="submit" disabled={!text.trim() || isBusy || isGone}>
          <Trans>שמירת התשובה</Trans>
        </button>
        {isGone ? (
          <button className="btn quiet" type="button" onClick={() => setText('')}>
            <Trans>ביטול</Trans>
          </button>
        ) : (
          <button className="btn quiet" type="button" disabled={isBusy} onClick={() => dismiss.mutate()}>
            <Trans>לא צריך תשובה</Trans>
          </button>
        )}
      </div>
    </form>
  )
}
