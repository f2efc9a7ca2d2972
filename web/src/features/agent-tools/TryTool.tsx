import { Trans, useLingui } from '@lingui/react/macro'
import { useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { Field } from '#shared/components/field'
import { Ltr } from '#shared/components/text'
import { argumentsOf, type Parameter, type Tool } from './draft'

export function TryTool({ tool, isDirty }: { tool: Tool; isDirty: boolean }) {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const attempt = useAction({
    run: () =>
      unwrap(
        client.POST('/api/agent-tools/{id}/try', {
          params: { path: { id: tool.id } },
          body: { arguments: argumentsOf(tool.parameters, texts) },
        }),
      ),
  })
  const outcome = attempt.data
  const seconds = outcome && (outcome.duration_ms / 1000).toFixed(1)
  return (
    <form
      className="edit-form tool-try"
      aria-labelledby={`try-${tool.id}`}
      onSubmit={event => {
        event.preventDefault()
        attempt.mutate()
      }}
    >
      <h2 className="grp" id={`try-${tool.id}`}>
        <Trans>ניסיון</Trans>
      </h2>
      <p className="small muted">
        {tool.method === 'GET' ? (
          <Trans>הפנייה נשלחת עכשיו, כמו בשיחה, ומופיע כאן מה שהסוכן היה מקבל.</Trans>
        ) : (
          <Trans>הפנייה נשלחת עכשיו באמת, והשרת שלכם יכול לשנות נתונים. מופיע כאן מה שהסוכן היה מקבל.</Trans>
        )}
      </p>
      {tool.parameters.map(parameter => (
        <Argument
          key={parameter.name}
          parameter={parameter}
          value={texts[parameter.name] ?? ''}
          onChange={text => setTexts({ ...texts, [parameter.name]: text })}
        />
      ))}
      <div className="row wrap">
        <button className="btn" type="submit" disabled={attempt.isPending || isDirty}>
          <Trans>לנסות</Trans>
        </button>
        {isDirty && (
          <span className="small muted">
            <Trans>קודם שמירה: הניסיון הוא של הכלי השמור</Trans>
          </span>
        )}
      </div>
      {outcome && (
        <div role="status">
          <p className="small">
            {outcome.status === null || outcome.status === undefined ? (
              <Trans>לא הגיעה תשובה</Trans>
            ) : (
              <Trans>
                תשובה <Ltr>{outcome.status}</Ltr>, אחרי <Ltr>{seconds}</Ltr> שניות
              </Trans>
            )}
          </p>
          <pre className="tool-output" dir="ltr">
            {JSON.stringify(outcome.output, null, 2)}
          </pre>
        </div>
      )}
    </form>
  )
}

interface ArgumentProps {
  parameter: Parameter
  value: string
  onChange: (text: string) => void
}

function Argument({ parameter, value, onChange }: ArgumentProps) {
  const { t } = useLingui()
  const id = useId()
  const { name, type, description, choices = [] } = parameter
  const options = type === 'boolean' ? ['true', 'false'] : choices
  if (options.length === 0) {
    return (
      <Field
        label={<Ltr>{name}</Ltr>}
        help={<bdi>{description}</bdi>}
        value={value}
        dir="auto"
        inputMode={type === 'string' ? undefined : 'decimal'}
        onChange={event => onChange(event.target.value)}
      />
    )
  }
  const word = (option: string) => (type === 'string' ? option : option === 'true' ? t`כן` : t`לא`)
  return (
    <div className="labelled">
      <label className="lb" htmlFor={id}>
        <Ltr>{name}</Ltr>
      </label>
      <select id={id} className="field" value={value} onChange={event => onChange(event.target.value)}>
        <option value="">{t`בלי ערך`}</option>
        {options.map(option => (
          <option key={option} value={option}>
            {word(option)}
          </option>
        ))}
      </select>
    </div>
  )
}
