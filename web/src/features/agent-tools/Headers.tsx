import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconPlus } from '@tabler/icons-react'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { type HeaderDraft, newHeader } from './draft'

const MOST = 5
const EXAMPLE = 'Authorization'

interface Props {
  all: readonly HeaderDraft[]
  error: string | undefined
  onChange: (all: readonly HeaderDraft[]) => void
}

/** The secret headers of the request. A stored value is never shown; it can only be replaced or removed. */
export function Headers({ all, error, onChange }: Props) {
  const { t } = useLingui()
  const change = (header: HeaderDraft, more: Partial<HeaderDraft>) =>
    onChange(all.map(it => (it.key === header.key ? { ...it, ...more } : it)))
  return (
    <fieldset className="tool-rows">
      <legend className="lb">
        <Trans>כותרות סודיות</Trans>
      </legend>
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
      {error && (
        <p className="err" role="alert">
          <Icon icon={IconAlertCircle} size="s" />
          <span>{error}</span>
        </p>
      )}
      {all.length < MOST && (
        <button className="btn quiet" type="button" onClick={() => onChange([...all, newHeader()])}>
          <Icon icon={IconPlus} size="s" />
          <Trans>כותרת, למשל Authorization</Trans>
        </button>
      )}
    </fieldset>
  )
}
