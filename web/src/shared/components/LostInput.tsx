import { Trans } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Problem } from './Problem'

interface Props {
  /** What the user had typed. */
  children: ReactNode
  forget: () => void
}

/** Says that the item of a form with kept input was removed (`useOpenForm`), and shows that input. */
export function LostInput({ children, forget }: Props) {
  return (
    <div role="status">
      <Problem
        icon={IconTrash}
        title={<Trans>מישהו הסיר את מה שערכתם, והשינויים לא נשמרו</Trans>}
        action={
          <button className="btn" type="button" onClick={forget}>
            <Trans>הבנתי</Trans>
          </button>
        }
      >
        {children}
      </Problem>
    </div>
  )
}
