import { Trans } from '@lingui/react/macro'
import { Popover } from '@mantine/core'
import { type ReactNode, useState } from 'react'

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
            onClick={() => {
              setOpen(false)
              onConfirm()
            }}
          >
            {button}
          </button>
          <button className="btn quiet" type="button" style={{ minInlineSize: 44 }} onClick={() => setOpen(false)}>
            <Trans>לא</Trans>
          </button>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
