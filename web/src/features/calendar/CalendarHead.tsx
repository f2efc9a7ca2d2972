import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import {
  IconCalendarSearch,
  IconChevronDown,
  IconChevronLeft,
  IconChevronRight,
  IconHourglass,
  IconPlus,
  IconUsers,
} from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Hidden } from '#shared/components/text'
import { atNoon } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { useWaitingList } from './data'
import type { Lane } from './layout'
import { ResourceName } from './ResourceName'
import type { Shown } from './url'

interface Props {
  shown: Shown
  change: (change: Record<string, string | number | null>) => void
  /** Moves by this number of weeks or days, depending on the view. */
  move: (steps: number) => void
  resources: readonly Lane[]
  /** Opens the dialog to choose a day. */
  jump: () => void
}

export function CalendarHead({ shown, change, move, resources, jump }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const noon = atNoon(shown.day)
  // Phones hide the current year to save space.
  const [, month, year] = /^(.*?)(\s\d+)?$/.exec(format.month(noon)) ?? []
  const isThisYear = shown.day.slice(0, 4) === shown.today.slice(0, 4)
  const only = resources.find(({ id }) => id === shown.resource)
  const filter = resources.length > 1 && (
    <Menu position="bottom-end">
      <Menu.Target>
        <button className="btn lane-filter" type="button">
          <Icon icon={IconUsers} size="s" />
          <span className={only ? 'name clip' : 'words'}>
            {only ? <ResourceName resource={only} /> : <Trans>כולם</Trans>}
          </span>
          <Icon icon={IconChevronDown} size="s" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => change({ resource: null })}>
          <Trans>כולם</Trans>
        </Menu.Item>
        {resources.map(resource => (
          <Menu.Item key={resource.id} onClick={() => change({ resource: resource.id })}>
            <ResourceName resource={resource} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
  return (
    <header className="head">
      <h1>
        {month}
        <span className={isThisYear ? 'desk-only' : undefined}>{year}</span>
      </h1>
      <span className="muted wide-only">{format.hebrewMonth(noon)}</span>
      <div className="row steps-nav">
        <button
          className="btn quiet icon"
          type="button"
          aria-label={shown.view === 'day' ? t`היום הקודם` : t`השבוע הקודם`}
          onClick={() => move(-1)}
        >
          <Icon icon={IconChevronLeft} />
        </button>
        <button className="btn quiet" type="button" onClick={() => change({ date: null })}>
          <Trans>היום</Trans>
        </button>
        <button
          className="btn quiet icon"
          type="button"
          aria-label={shown.view === 'day' ? t`היום הבא` : t`השבוע הבא`}
          onClick={() => move(1)}
        >
          <Icon icon={IconChevronRight} />
        </button>
      </div>
      <button
        className="btn quiet icon jump-button"
        type="button"
        aria-label={t`מעבר לתאריך`}
        aria-keyshortcuts="M"
        onClick={jump}
      >
        <Icon icon={IconCalendarSearch} />
      </button>
      <span className="grow" />
      <p className="legend small muted wide-only">
        <span className="sw" /> <Trans>נקבע</Trans> <span className="sw p" /> <Trans>הסוכן קבע, לא ראית</Trans>
      </p>
      <fieldset className="seg desk-only" aria-label={t`תצוגה`}>
        {(['day', 'week'] as const).map(view => (
          <button
            key={view}
            type="button"
            role="radio"
            aria-checked={shown.view === view}
            onClick={() => change({ view: view === 'week' ? null : view })}
          >
            {view === 'day' ? <Trans>יום</Trans> : <Trans>שבוע</Trans>}
          </button>
        ))}
      </fieldset>
      {filter}
      <WaitingButton isOpen={shown.isWaitingOpen} toggle={isOpen => change({ waiting: isOpen ? 1 : null })} />
      <button className="btn pen desk-only new-button" type="button" onClick={() => change({ new: 1 })}>
        <Icon icon={IconPlus} />
        <span className="words">
          <Trans>תור חדש</Trans>
        </span>
      </button>
    </header>
  )
}

function WaitingButton({ isOpen, toggle }: { isOpen: boolean; toggle: (isOpen: boolean) => void }) {
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
