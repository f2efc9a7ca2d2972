import { IconCheck } from '@tabler/icons-react'
import { Icon } from './Icon'

interface Props {
  label: string
  isDone: boolean
  isBusy: boolean
  toggle: () => void
}

export function TaskBox({ label, isDone, isBusy, toggle }: Props) {
  return (
    <button
      className="hit"
      type="button"
      role="checkbox"
      aria-checked={isDone}
      aria-label={label}
      disabled={isBusy}
      onClick={toggle}
    >
      <span className="tick">
        <Icon icon={IconCheck} size="s" />
      </span>
    </button>
  )
}
