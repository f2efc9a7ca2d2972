import { useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconEye, IconEyeOff } from '@tabler/icons-react'
import { type InputHTMLAttributes, type ReactNode, useId, useState } from 'react'
import { Icon } from './Icon'

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'className'> {
  label: ReactNode
  help?: ReactNode
  /** What is wrong with the value. */
  error?: ReactNode
}

/** A text field with its label, help and error. */
export function Field({ label, help, error, ...input }: Props) {
  const id = useId()
  return (
    <div className="labelled">
      <label className="lb" htmlFor={id}>
        {label}
      </label>
      <input id={id} {...described(id, error, help)} {...input} />
      <Below id={id} error={error} help={help} />
    </div>
  )
}

/** A password with a button that shows it. */
export function PasswordField({ label, help, error, ...input }: Props) {
  const { t } = useLingui()
  const id = useId()
  const [isShown, setShown] = useState(false)
  return (
    <div className="labelled">
      <label className="lb" htmlFor={id}>
        {label}
      </label>
      <div className="pw">
        <input id={id} type={isShown ? 'text' : 'password'} dir="ltr" {...described(id, error, help)} {...input} />
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
