import { Trans, useLingui } from '@lingui/react/macro'
import { Field } from '#shared/components/field'
import { type HeaderDraft, newHeader } from './draft'
import { Rows } from './Rows'

const MAX_HEADERS = 5
const EXAMPLE = 'Authorization'

interface Props {
  all: readonly HeaderDraft[]
  error: string | undefined
  onChange: (all: readonly HeaderDraft[]) => void
}

/** A stored value is never shown; it can only be replaced or removed. */
export function Headers({ all, error, onChange }: Props) {
  const { t } = useLingui()
  const change = (header: HeaderDraft, more: Partial<HeaderDraft>) =>
    onChange(all.map(it => (it.key === header.key ? { ...it, ...more } : it)))
  return (
    <Rows
      legend={<Trans>כותרות סודיות</Trans>}
      error={error}
      add={<Trans>כותרת, למשל Authorization</Trans>}
      onAdd={all.length < MAX_HEADERS ? () => onChange([...all, newHeader()]) : undefined}
    >
      {all.map(header => (
        <fieldset key={header.key} className="tool-row" aria-label={header.name || t`כותרת חדשה`}>
          <div className="pair">
            <Field
              label={<Trans>שם הכותרת</Trans>}
              value={header.name}
              dir="ltr"
              maxLength={41}
              spellCheck={false}
              placeholder={EXAMPLE}
              onChange={event => change(header, { name: event.target.value, isStored: false })}
            />
            <Field
              label={<Trans>ערך סודי</Trans>}
              type="password"
              autoComplete="off"
              dir="ltr"
              value={header.value}
              placeholder={header.isStored ? '••••••••' : 'Bearer …'}
              error={header.isLost && !header.value ? t`ערך סודי לא נשמר בדפדפן. צריך להקליד אותו שוב` : undefined}
              help={header.isStored ? <Trans>שמור. ריק: לא משתנה</Trans> : undefined}
              onChange={event => change(header, { value: event.target.value })}
            />
          </div>
          <div className="row">
            <span className="grow" />
            <button
              className="btn quiet stop"
              type="button"
              onClick={() => onChange(all.filter(it => it.key !== header.key))}
            >
              <Trans>הסרה</Trans>
            </button>
          </div>
        </fieldset>
      ))}
    </Rows>
  )
}
