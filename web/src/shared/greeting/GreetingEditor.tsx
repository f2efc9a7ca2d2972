import { Trans, useLingui } from '@lingui/react/macro'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Icon } from '../components/Icon'
import { Loaded, SkeletonRows } from '../components/states'
import { Ltr, Time } from '../components/text'
import { useSession } from '../session'
import { Draft } from './Draft'
import { Line } from './Line'
import { NewGreeting } from './NewGreeting'
import type { Sound } from './sound'
import { type Greeting, greetingQuery, useGreetingActions } from './useGreeting'
import './greeting.css'

/** Only owners can change the greeting, and only if the machine's configuration does not set a file. */
export function GreetingEditor() {
  const query = useQuery(greetingQuery)
  return (
    <Loaded query={query} skeleton={<SkeletonRows count={2} height={60} />}>
      {greeting => <Editor greeting={greeting} />}
    </Loaded>
  )
}

function Editor({ greeting }: { greeting: Greeting }) {
  const { isOwner } = useSession()
  const [draft, setDraft] = useState<{ sound: Sound; name: string | undefined }>()
  const actions = useGreetingActions()
  const canEdit = isOwner && greeting.source !== 'file'
  const others = greeting.recordings.filter(({ is_current }) => !is_current)
  return (
    <div className="greeting">
      <Line source={`/api/greeting/audio?v=${greeting.version}`} ms={greeting.duration_ms}>
        <Source greeting={greeting} />
      </Line>
      {greeting.source === 'file' && <LockedByFile greeting={greeting} />}
      {canEdit &&
        (draft ? (
          <Draft
            sound={draft.sound}
            isPending={actions.isPending}
            onUse={() => actions.use(draft.sound, draft.name, () => setDraft(undefined))}
            onDrop={() => setDraft(undefined)}
          />
        ) : (
          <NewGreeting onSound={(sound, name) => setDraft({ sound, name })} />
        ))}
      {canEdit && !draft && (greeting.source === 'page' || others.length > 0) && (
        <details className="fold">
          <summary>
            <Trans>ברכות קודמות</Trans>
          </summary>
          <ul className="entries">
            {greeting.source === 'page' && (
              <li>
                <span className="grow strong">
                  <Trans>הברכה שבאה עם המערכת</Trans>
                </span>
                <Use isDisabled={actions.isPending} onClick={() => actions.goBack()} />
              </li>
            )}
            {others.map(({ id, name, created_at, duration_ms }) => (
              <li key={id}>
                <div className="grow">
                  <Line source={`/api/greeting/audio?id=${id}`} ms={duration_ms}>
                    {name ? <bdi>{name}</bdi> : <Trans>הקלטה</Trans>}{' '}
                    <span className="small muted">
                      <Time at={created_at} style="full" />
                    </span>
                  </Line>
                </div>
                <Use isDisabled={actions.isPending} onClick={() => actions.goBack(id)} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

function Use({ isDisabled, onClick }: { isDisabled: boolean; onClick: () => void }) {
  return (
    <button className="btn" type="button" disabled={isDisabled} onClick={onClick}>
      <Trans>להשתמש בזו</Trans>
    </button>
  )
}

function Source({ greeting: { source, recordings } }: { greeting: Greeting }) {
  const current = recordings.find(({ is_current }) => is_current)
  if (source === 'shipped') return <Trans>הברכה שבאה עם המערכת</Trans>
  if (source === 'file') return <Trans>קובץ של המכונה</Trans>
  return (
    <>
      {current?.name ? <bdi>{current.name}</bdi> : <Trans>הברכה שהקלטתם</Trans>}{' '}
      {current && (
        <span className="small muted">
          <Time at={current.created_at} style="full" />
        </span>
      )}
    </>
  )
}

function LockedByFile({ greeting: { path, file, line, variable } }: { greeting: Greeting }) {
  const { t } = useLingui()
  const where = variable ?? (file && (line ? t`${file}, שורה ${line}` : file)) ?? 'voice.greeting_file'
  return (
    <p className="src">
      <Icon icon={IconLock} size="s" />
      <span>
        <Trans>
          המתקשרים שומעים את הקובץ <Ltr>{path}</Ltr>, שנקבע במכונה (<bdi>{where}</bdi>). כדי להקליט כאן, מוחקים משם את{' '}
          <code dir="ltr">voice.greeting_file</code>
        </Trans>
      </span>
    </p>
  )
}
