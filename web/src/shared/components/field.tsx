import { useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconEye, IconEyeOff } from '@tabler/icons-react'
import { type FormEvent, type InputHTMLAttributes, type ReactNode, useId, useState } from 'react'
import { Icon } from './Icon'

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'className'> {
  label: ReactNode
  help?: ReactNode
  /** The error of the value. It replaces the error of the browser's own validation. */
  error?: ReactNode
}

export function Field({ label, help, error: given, ...input }: Props) {
  const id = useId()
  const [missing, checks] = useOwnChecks(input.onChange)
  const error = given || missing
  return (
    <div className="labelled">
      <label className="lb" htmlFor={id}>
        {label}
      </label>
      <input id={id} {...described(id, error, help)} {...input} {...checks} />
      <Below id={id} error={error} help={help} />
    </div>
  )
}

export function PasswordField({ label, help, error: given, ...input }: Props) {
  const { t } = useLingui()
  const id = useId()
  const [missing, checks] = useOwnChecks(input.onChange)
  const error = given || missing
  const [isShown, setShown] = useState(false)
  return (
    <div className="labelled">
      <label className="lb" htmlFor={id}>
        {label}
      </label>
      <div className="pw">
        <input
          id={id}
          type={isShown ? 'text' : 'password'}
          dir="ltr"
          {...described(id, error, help)}
          {...input}
          {...checks}
        />
        <button
          className="btn quiet icon"
          type="button"
          aria-label={isShown ? t`הסתרת הסיסמה` : t`הצגת הסיסמה`}
          onClick={() => setShown(!isShown)}
        >
          <Icon icon={isShown ? IconEyeOff : IconEye} />
        </button>
      </div>
      <Below id={id} error={error} help={help} />
    </div>
  )
}

/**
 * Shows the browser's own validation error below the field in the page's language: the browser's bubbles use the
 * browser's language.
 */
function useOwnChecks(onChange: Props['onChange']) {
  const { t } = useLingui()
  const [problem, setProblem] = useState<string>()
  const checks: Pick<Props, 'onInvalid' | 'onChange'> = {
    onInvalid: (event: FormEvent<HTMLInputElement>) => {
      event.preventDefault()
      const input = event.currentTarget
      const { validity, minLength, form } = input
      if (validity.valueMissing) setProblem(t`צריך למלא את השדה הזה`)
      else if (validity.tooShort) setProblem(t`צריך לפחות ${minLength} תווים`)
      else setProblem(t`הערך לא תקין`)
      if (form?.querySelector(':invalid') === input) input.focus()
    },
    onChange: event => {
      setProblem(undefined)
      onChange?.(event)
    },
  }
  return [problem, checks] as const
}

const described = (id: string, error: ReactNode, help: ReactNode) => ({
  className: `field ${error ? 'bad' : ''}`,
  'aria-invalid': error ? true : undefined,
  'aria-describedby': error ? `${id}e` : help ? `${id}h` : undefined,
})

function Below({ id, error, help }: { id: string; error: ReactNode; help: ReactNode }) {
  if (error) {
    return (
      <p className="err" id={`${id}e`}>
        <Icon icon={IconAlertCircle} size="s" />
        <span>{error}</span>
      </p>
    )
  }
  return help ? (
    <p className="small muted" id={`${id}h`}>
      {help}
    </p>
  ) : null
}
