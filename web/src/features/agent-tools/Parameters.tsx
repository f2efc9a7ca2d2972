import { Trans, useLingui } from '@lingui/react/macro'
import { useId } from 'react'
import { Field } from '#shared/components/field'
import { isParameterName, newParameter, type ParameterDraft, type ParameterType } from './draft'
import { Rows } from './Rows'

const MAX_PARAMETERS = 20
const EXAMPLE = 'part'

interface Props {
  all: readonly ParameterDraft[]
  error: string | undefined
  onChange: (all: readonly ParameterDraft[]) => void
}

export function Parameters({ all, error, onChange }: Props) {
  return (
    <Rows
      legend={<Trans>מה הסוכן שולח</Trans>}
      error={error}
      add={<Trans>פרמטר</Trans>}
      onAdd={all.length < MAX_PARAMETERS ? () => onChange([...all, newParameter()]) : undefined}
    >
      {all.map(parameter => (
        <Row
          key={parameter.key}
          parameter={parameter}
          onChange={next => onChange(all.map(it => (it.key === next.key ? next : it)))}
          onRemove={() => onChange(all.filter(it => it.key !== parameter.key))}
        />
      ))}
    </Rows>
  )
}

interface RowProps {
  parameter: ParameterDraft
  onChange: (next: ParameterDraft) => void
  onRemove: () => void
}

function Row({ parameter, onChange, onRemove }: RowProps) {
  const { t } = useLingui()
  const id = useId()
  const { name, type, description, required, choices } = parameter
  const change = (more: Partial<ParameterDraft>) => onChange({ ...parameter, ...more })
  return (
    <fieldset className="tool-row" aria-label={name ? t`הפרמטר ${name}` : t`פרמטר חדש`}>
      <div className="pair">
        <Field
          label={<Trans>שם הפרמטר</Trans>}
          value={name}
          dir="ltr"
          maxLength={41}
          spellCheck={false}
          autoCapitalize="none"
          placeholder={EXAMPLE}
          error={name && !isParameterName(name) ? t`אותיות a-z, ספרות וקו תחתון` : undefined}
          onChange={event => change({ name: event.target.value })}
        />
        <div className="labelled">
          <label className="lb" htmlFor={`${id}type`}>
            <Trans>סוג</Trans>
          </label>
          <select
            id={`${id}type`}
            className="field"
            value={type}
            onChange={event => change({ type: event.target.value as ParameterType })}
          >
            <option value="string">{t`טקסט`}</option>
            <option value="integer">{t`מספר שלם`}</option>
            <option value="number">{t`מספר`}</option>
            <option value="boolean">{t`כן או לא`}</option>
          </select>
        </div>
      </div>
      <Field
        label={<Trans>מה זה</Trans>}
        value={description}
        dir="auto"
        maxLength={500}
        placeholder={t`שם החלק, כפי שהמתקשר אמר אותו`}
        onChange={event => change({ description: event.target.value })}
      />
      {type === 'string' && (
        <Field
          label={<Trans>רק הערכים האלה, עם פסיק ביניהם</Trans>}
          help={<Trans>אפשר להשאיר ריק</Trans>}
          value={choices}
          dir="auto"
          onChange={event => change({ choices: event.target.value })}
        />
      )}
      <div className="row wrap">
        <label className="tool-check grow">
          <input type="checkbox" checked={required} onChange={event => change({ required: event.target.checked })} />
          <Trans>חובה</Trans>
        </label>
        <button className="btn quiet stop" type="button" onClick={onRemove}>
          <Trans>הסרה</Trans>
        </button>
      </div>
    </fieldset>
  )
}
