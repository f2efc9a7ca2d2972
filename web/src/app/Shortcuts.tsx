import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { BackCloses } from '#shared/components/BackCloses'
import { Dialog } from '#shared/components/Dialog'
import { letterOf } from '#shared/keys'
import { features, navigation } from './registry'

const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'

export function Shortcuts({ onClose }: { onClose: () => void }) {
  const { i18n } = useTexts()
  const everywhere: [keys: string[], label: ReactNode][] = [
    [[MOD, 'K'], <Trans key="palette">חיפוש ופעולות</Trans>],
    [['/'], <Trans key="search">חיפוש ופעולות</Trans>],
    [['?'], <Trans key="help">הרשימה הזאת</Trans>],
  ]
  return (
    <Dialog onClose={onClose} size={520} title={<Trans>קיצורי מקלדת</Trans>}>
      <BackCloses close={onClose} />
      <div className="shortcut-list">
        <p className="muted">
          <Trans>הקיצורים עובדים גם כשהמקלדת בעברית</Trans>
        </p>
        <Group heading={<Trans>בכל מקום</Trans>}>
          {everywhere.map(([keys, label]) => (
            <Row key={keys.join()} keys={keys} label={label} />
          ))}
          {navigation.map(({ key, href, label }) =>
            key ? <Row key={href} keys={['G', letterOf(key)]} label={i18n._(label)} /> : null,
          )}
        </Group>
        {features.map(({ id, shortcuts, nav }) =>
          shortcuts && nav?.[0] ? (
            <Group key={id} heading={i18n._(nav[0].label)}>
              {shortcuts.map(({ keys, label }) => (
                <Row key={keys.join()} keys={keys} label={i18n._(label)} />
              ))}
            </Group>
          ) : null,
        )}
      </div>
    </Dialog>
  )
}

const Group = ({ heading, children }: { heading: ReactNode; children: ReactNode }) => (
  <section>
    <h3>{heading}</h3>
    <ul>{children}</ul>
  </section>
)

const Row = ({ keys, label }: { keys: readonly string[]; label: ReactNode }) => (
  <li>
    <span>{label}</span>
    <span className="keys">
      {keys.map(key => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  </li>
)
