import { Plural, Trans } from '@lingui/react/macro'
import { IconHourglass } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Hidden } from '#shared/components/text'
import { useWaitingList } from './data'

interface Props {
  isOpen: boolean
  toggle: (isOpen: boolean) => void
}

/** A button that opens and closes the waiting list, with the number of its entries. */
export function WaitingButton({ isOpen, toggle }: Props) {
  const { entries, hasNextPage } = useWaitingList()
  const count = entries?.length ?? 0
  return (
    <button className="btn waiting-button" type="button" aria-pressed={isOpen} onClick={() => toggle(!isOpen)}>
      <Icon icon={IconHourglass} size="s" />
      <span className="words">
        <Trans>רשימת המתנה</Trans>
      </span>
      {count > 0 && (
        <>
          <b className="n num" aria-hidden>
            {hasNextPage ? `${count}+` : count}
          </b>
          <Hidden>
            <Plural value={count} one="אחד מחכה" two="שניים מחכים" other="# מחכים" />
          </Hidden>
        </>
      )}
    </button>
  )
}
