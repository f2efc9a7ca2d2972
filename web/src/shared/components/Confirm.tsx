import { Trans } from '@lingui/react/macro'
import { Popover } from '@mantine/core'
import { type ReactNode, useState } from 'react'

/** In a dialog, Escape closes only the question. */
const ESCAPE_STAYS = { 'data-mantine-stop-propagation': true }

interface Props {
  button: ReactNode
  question: ReactNode
  onConfirm: () => void
}

export function Confirm({ button, question, onConfirm }: Props) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover opened={isOpen} onChange={setOpen} width={260} trapFocus position="bottom-end" withRoles>
      <Popover.Target>
        <button className="btn" type="button" onClick={() => setOpen(!isOpen)}>
          {button}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <p>{question}</p>
        <div className="row" style={{ marginBlockStart: 12 }}>
          <button
            className="btn stop fill"
            type="button"
            {...ESCAPE_STAYS}
            onClick={() => {
              setOpen(false)
              onConfirm()
            }}
          >
            {button}
          </button>
          <button
            className="btn quiet"
            type="button"
            // The action cannot be undone, so a second press of Enter must not confirm it.
            data-autofocus
            style={{ minInlineSize: 44 }}
            {...ESCAPE_STAYS}
            onClick={() => setOpen(false)}
          >
            <Trans>לא</Trans>
          </button>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
