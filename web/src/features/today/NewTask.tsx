import { useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { useNewTask } from '#shared/tasks/new-task'

export function NewTask({ autoFocus = false }: { autoFocus?: boolean }) {
  const { t } = useLingui()
  const task = useNewTask({ draft: 'task.new' })
  return (
    <form className="new-task" onSubmit={task.submit}>
      <Icon icon={IconPlus} />
      <input
        // biome-ignore lint/a11y/noAutofocus: the page was opened in order to type
        autoFocus={autoFocus}
        dir="auto"
        value={task.text}
        maxLength={200}
        aria-label={t`משימה חדשה`}
        placeholder={t`משימה חדשה, למשל: להתקשר לרונית מחר ב־10`}
        enterKeyHint="done"
        onChange={event => task.setText(event.target.value)}
      />
      {!task.isEmpty && (
        <button className="btn link" type="submit" disabled={task.isBusy}>
          {task.label}
        </button>
      )}
    </form>
  )
}
