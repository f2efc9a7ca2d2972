import { plural } from '@lingui/core/macro'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconTag, IconTagOff, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useAction } from '#shared/api/action'
import { ifMatch } from '#shared/api/client'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { deferred, useHasBeen } from '#shared/deferred'
import { isolate } from '#shared/format/bidi'
import { refresh, request, type Tag, tagsQuery } from './api'
import { TagPicker } from './TagPicker'
import { changeTags, reverseTags, type TagChanges, type TagRequest } from './tag-changes'

const TagManager = deferred(async () => (await import('./manage/TagManager')).TagManager)

interface Change {
  tag: Pick<Tag, 'id' | 'name'>
  isAdded: boolean
  /** Whether the tag was created for this change. */
  isNew?: boolean
}

const send = (body: TagRequest) => request<TagChanges>('POST', '/api/contacts/tags', { body })

/** The undo reverses only the tags that really changed. */
export function BulkBar({ selected, clear }: { selected: ReadonlySet<number>; clear: () => void }) {
  const { t } = useLingui()
  const tags = useQuery(tagsQuery).data?.items ?? []
  const ids = [...selected]
  const [isManaged, setManaged] = useState(false)
  const hasBeenManaged = useHasBeen(isManaged)
  const change = useAction({
    run: ({ tag, isAdded }: Change) =>
      changeTags(send, { contact_ids: ids, add: isAdded ? [tag.id] : [], remove: isAdded ? [] : [tag.id] }),
    done: ({ tag, isAdded }, { added, removed }) => {
      const count = added.length + removed.length
      const name = isolate(tag.name)
      return isAdded
        ? t`${plural(count, {
            0: `אף לקוח לא קיבל את ״${name}״`,
            one: `לקוח אחד קיבל את ״${name}״`,
            two: `שני לקוחות קיבלו את ״${name}״`,
            other: `# לקוחות קיבלו את ״${name}״`,
          })}`
        : t`${plural(count, {
            0: `״${name}״ לא הוסרה מאף לקוח`,
            one: `״${name}״ הוסרה מלקוח אחד`,
            two: `״${name}״ הוסרה משני לקוחות`,
            other: `״${name}״ הוסרה מ־# לקוחות`,
          })}`
    },
    undo: async ({ tag, isNew }, changes) => {
      await reverseTags(send, changes)
      if (isNew) await deleteUnused(tag.id)
      refresh('/api/contacts', '/api/tags')
    },
    onDone: () => refresh('/api/contacts', '/api/tags'),
  })
  return (
    <section className="bulk" aria-label={t`פעולות על הנבחרים`}>
      <span className="strong" aria-live="polite">
        <Plural value={selected.size} one="נבחר לקוח אחד" two="נבחרו שני לקוחות" other="נבחרו # לקוחות" />
      </span>
      <TagPicker
        button={
          <>
            <Icon icon={IconTag} size="s" />
            <Trans>הוספת תגית</Trans>
          </>
        }
        className="btn"
        position="top-start"
        own={[]}
        pick={(tag, isNew) => change.mutate({ tag, isAdded: true, isNew })}
        manage={() => setManaged(true)}
      />
      <TagMenu
        icon={IconTagOff}
        label={<Trans>הסרת תגית</Trans>}
        tags={tags.filter(({ contact_count }) => contact_count !== 0)}
        onPick={tag => change.mutate({ tag, isAdded: false })}
      />
      <span className="grow" />
      <button className="btn quiet icon" type="button" aria-label={t`ביטול הבחירה`} onClick={clear}>
        <Icon icon={IconX} />
      </button>
      {hasBeenManaged && <TagManager isOpen={isManaged} onClose={() => setManaged(false)} />}
    </section>
  )
}

async function deleteUnused(id: number): Promise<void> {
  const { items } = await request<{ items: Tag[] }>('GET', '/api/tags')
  const tag = items.find(tag => tag.id === id && tag.contact_count === 0)
  if (tag) await request('DELETE', '/api/tags/{id}', { params: { path: { id } }, headers: ifMatch(tag.etag) })
}

interface MenuProps {
  icon: IconGlyph
  label: ReactNode
  tags: readonly Tag[]
  onPick: (tag: Tag) => void
}

function TagMenu({ icon, label, tags, onPick }: MenuProps) {
  return (
    <Menu position="top-start" width={220}>
      <Menu.Target>
        <button className="btn" type="button">
          <Icon icon={icon} size="s" />
          {label}
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflow: 'auto' }}>
        {tags.length === 0 && (
          <Menu.Label>
            <Trans>אין תגית להסיר.</Trans>
          </Menu.Label>
        )}
        {tags.map(tag => (
          <Menu.Item key={tag.id} onClick={() => onPick(tag)}>
            <bdi>{tag.name}</bdi>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
