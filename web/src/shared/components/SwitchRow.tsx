import { type ReactNode, useId } from 'react'

interface Props {
  title: ReactNode
  help?: ReactNode
  isOn: boolean
  isDisabled?: boolean
  turn: (isOn: boolean) => void
}

export function SwitchRow({ title, help, isOn, isDisabled = false, turn }: Props) {
  const id = useId()
  return (
    <div className="switch-row">
      <div className="grow">
        <label className="strong" htmlFor={id}>
          {title}
        </label>
        {help && (
          <p className="small muted" id={`${id}-help`}>
            {help}
          </p>
        )}
      </div>
      <input
        id={id}
        className="sw"
        type="checkbox"
        role="switch"
        checked={isOn}
        aria-checked={isOn}
        aria-describedby={help ? `${id}-help` : undefined}
        disabled={isDisabled}
        onChange={event => turn(event.target.checked)}
      />
    </div>
  )
}
