import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { problemText } from '#shared/api/problem-text'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Ltr, Plain } from '#shared/components/text'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import {
  bodyOf,
  type Draft,
  draftOf,
  isComplete,
  isCut,
  isLimit,
  isName,
  type KeptDraft,
  restored,
  type Tool,
  withoutSecrets,
} from './draft'
import { Headers } from './Headers'
import { Parameters } from './Parameters'
import { TryTool } from './TryTool'

/** The placeholder of a parameter named `part` in a tool's address, for the help text. */
const PLACEHOLDER = '{part}'

/** The name of the drafts, without the id of the tool. */
export const TOOL_DRAFTS = 'agent-tool'

/** `etag` is the version on which the input is based. */
interface Kept {
  draft: KeptDraft
  etag?: string | undefined
}

interface Props {
  /** The tool to change; absent for a new one. */
  tool?: Tool
  isGone?: boolean
  close: () => void
}

export function ToolForm({ tool, isGone = false, close: leave }: Props) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const id = useId()
  const name = `${TOOL_DRAFTS}.${tool?.id ?? 'new'}`
  const kept = useKept<Kept>(name)
  const [stored] = useState(() => draftOf(tool))
  const [draft, setDraft] = useState(() => (kept ? restored(kept.draft, stored) : stored))
  const etag = kept ? kept.etag : tool?.etag
  const keep = (draft: Draft): Kept => ({ draft: withoutSecrets(draft, stored), etag })
  const end = useKeep<Kept>(name, keep(draft), keep(stored), leave)
  const close = () => {
    end()
    leave()
  }
  const [wrong, setWrong] = useState<{ field: string; text: string } | null>(null)
  const change = (more: Partial<Draft>) => {
    setWrong(null)
    setDraft({ ...draft, ...more })
  }
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/agent-tools'] })
  const edit = useEdit<Tool>(etag)
  const { theirs } = edit
  const save = useAction({
    run: () => {
      const body = bodyOf(draft)
      const headers = edit.headers()
      return tool
        ? unwrap(client.PATCH('/api/agent-tools/{id}', { params: { path: { id: tool.id } }, body, headers }))
        : unwrap(client.POST('/api/agent-tools', { body }))
    },
    done: (_, saved) => t`הכלי ${isolate(saved.name)} נשמר, והסוכן ישתמש בו מהשיחה הבאה`,
    onDone: () => {
      refresh()
      close()
    },
    onError: error => {
      if (edit.refused(error)) return true
      if (!error.field) return false
      setWrong({ field: error.field.replace(/[.[].*/, ''), text: problemText(error) })
      return true
    },
  })
  const errorOf = (field: string) => (wrong?.field === field ? wrong.text : undefined)
  const isDirty = draft !== stored
  return (
    <>
      <form
        className="edit-form"
        onSubmit={event => {
          event.preventDefault()
          save.mutate()
        }}
      >
        {kept && <KeptInput discard={close} />}
        <Field
          label={<Trans>שם, כפי שהמודל קורא לו</Trans>}
          help={<Trans>אותיות אנגליות קטנות, ספרות וקו תחתון, למשל check_stock</Trans>}
          value={draft.name}
          dir="ltr"
          maxLength={41}
          spellCheck={false}
          autoCapitalize="none"
          autoFocus
          error={
            draft.name && !isName(draft.name) ? t`3 עד 41 אותיות a-z, ספרות וקו תחתון, ואות בהתחלה` : errorOf('name')
          }
          onChange={event => change({ name: event.target.value })}
        />
        <div className="labelled">
          <label className="lb" htmlFor={`${id}when`}>
            <Trans>מתי להשתמש בו</Trans>
          </label>
          <textarea
            id={`${id}when`}
            className="field"
            dir="auto"
            rows={2}
            maxLength={1000}
            placeholder={t`כשמתקשר שואל אם חלק נמצא במלאי`}
            value={draft.description}
            onChange={event => change({ description: event.target.value })}
          />
        </div>
        <fieldset className="seg wrap" aria-label={t`סוג הפנייה`}>
          {(['GET', 'POST'] as const).map(method => (
            <button
              key={method}
              type="button"
              role="radio"
              aria-checked={draft.method === method}
              onClick={() => change({ method })}
            >
              {method === 'GET' ? <Trans>קריאה (GET)</Trans> : <Trans>שליחה (POST)</Trans>}
            </button>
          ))}
        </fieldset>
        <Field
          label={<Trans>כתובת</Trans>}
          help={
            <Trans>
              כתובת https ציבורית. <Ltr>{PLACEHOLDER}</Ltr> מוחלף בערך של הפרמטר part
            </Trans>
          }
          value={draft.url}
          dir="ltr"
          inputMode="url"
          maxLength={2000}
          spellCheck={false}
          error={isCut(draft.url) ? t`חסר מה שאחרי ה־?. אולי יש בו מפתח, ולכן הוא לא נשמר בדפדפן` : errorOf('url')}
          onChange={event => change({ url: event.target.value })}
        />
        <Parameters
          all={draft.parameters}
          error={errorOf('parameters')}
          onChange={parameters => change({ parameters })}
        />
        <Headers all={draft.headers} error={errorOf('headers')} onChange={headers => change({ headers })} />
        <div className="pair">
          <Field
            label={<Trans>כמה שניות לחכות לתשובה</Trans>}
            value={draft.limit}
            dir="ltr"
            inputMode="numeric"
            error={isLimit(draft.limit) ? errorOf('time_limit_s') : t`מספר שניות, 1 עד 15`}
            onChange={event => change({ limit: event.target.value })}
          />
          <label className="tool-switch">
            <input
              className="sw"
              type="checkbox"
              role="switch"
              aria-checked={draft.enabled}
              checked={draft.enabled}
              onChange={event => change({ enabled: event.target.checked })}
            />
            <Trans>הסוכן משתמש בו</Trans>
          </label>
        </div>
        {isGone && <Gone />}
        {theirs && (
          <ChangedBy
            name={null}
            theirs={<ToolWords tool={theirs} />}
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
        <div className="row wrap">
          <button
            className="btn pen"
            type="submit"
            disabled={!isComplete(draft) || save.isPending || isGone || theirs !== undefined}
          >
            <Trans>שמירה</Trans>
          </button>
          <button className="btn quiet" type="button" onClick={close}>
            <Trans>ביטול</Trans>
          </button>
          {tool && !isGone && <Remove tool={tool} done={close} />}
        </div>
      </form>
      {tool && !isGone && <TryTool tool={tool} isDirty={isDirty} />}
    </>
  )
}

function Remove({ tool, done }: { tool: Tool; done: () => void }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/agent-tools'] })
  const removal = useEdit<Tool>(tool.etag)
  const params = { path: { id: tool.id } }
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/agent-tools/{id}', { params, headers: removal.headers() })),
    done: () => t`הכלי ${isolate(tool.name)} נמחק`,
    undo: () => unwrap(client.PATCH('/api/agent-tools/{id}', { params, body: { archived: false } })).then(refresh),
    onDone: () => {
      refresh()
      done()
    },
    onError: removal.refused,
  })
  return (
    <>
      <button className="btn quiet stop" type="button" disabled={remove.isPending} onClick={() => remove.mutate()}>
        <Trans>מחיקה</Trans>
      </button>
      <RemovalRefused edit={removal} show={theirs => <ToolWords tool={theirs} />} remove={() => remove.mutate()} />
    </>
  )
}

const ToolWords = ({ tool }: { tool: Tool }) => (
  <>
    <Ltr className="strong">{tool.name}</Ltr> <Plain text={tool.description} />
  </>
)
