import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { isolate } from '#shared/format/bidi'
import { type Tag, tagsQuery } from '../api'
import { recreate, TAGS } from './kind'
import { type DialogState, ManagedDialog } from './ManagedDialog'
import { NewItem } from './NewItem'

interface Props extends DialogState {
  onRemoved?: (id: number) => void
}

export function TagManager({ onRemoved, ...dialog }: Props) {
  const { t } = useLingui()
  const query = useQuery(tagsQuery)
  const taken = <Trans>כבר יש תגית בשם הזה.</Trans>
  return (
    <ManagedDialog<Tag, { name: string }>
      {...dialog}
      title={<Trans>ניהול תגיות</Trans>}
      lead={<Trans>לוחצים על שם כדי לשנות אותו. השם מתחלף אצל כל הלקוחות.</Trans>}
      kind={TAGS}
      query={query}
      form={{
        taken,
        show: ({ name }) => <bdi className="strong">{name}</bdi>,
        isComplete: ({ name }) => name.trim() !== '',
      }}
      nameOf={({ name }) => name}
      detail={({ contact_count }) => <Uses count={contact_count} />}
      removal={({ id, name, contact_count: count }) => ({
        done: t`התגית ״${isolate(name)}״ נמחקה`,
        ...(onRemoved && { onRemoved: () => onRemoved(id) }),
        ...(count > 0
          ? {
              question: (
                <Plural
                  value={count}
                  one="התגית תוסר מלקוח אחד, ואי אפשר להחזיר אותה אליו."
                  two="התגית תוסר משני לקוחות, ואי אפשר להחזיר אותה אליהם."
                  other="התגית תוסר מ־# לקוחות, ואי אפשר להחזיר אותה אליהם."
                />
              ),
            }
          : { undo: () => recreate(TAGS, { name }) }),
      })}
      add={<NewItem kind={TAGS} label={<Trans>תגית חדשה</Trans>} taken={taken} />}
    />
  )
}

export function Uses({ count }: { count: number }) {
  return <Plural value={count} _0="אין לקוחות" one="לקוח אחד" two="שני לקוחות" other="# לקוחות" />
}
