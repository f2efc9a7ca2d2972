import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { patch, useAction } from '#shared/api/action'
import { Icon } from '#shared/components/Icon'
import { deferred, useHasBeen } from '#shared/deferred'
import { isolate } from '#shared/format/bidi'
import { type ContactDetail, refresh, request } from './api'
import { TagPicker } from './TagPicker'

const TagManager = deferred(async () => (await import('./manage/TagManager')).TagManager)

export function TagsEditor({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const change = useTagChange(contact)
  const [isManaged, setManaged] = useState(false)
  const hasBeenManaged = useHasBeen(isManaged)
  return (
    <div className="row wrap tags-row">
      {contact.tags.map(tag => (
        <span key={tag.id} className="chip removable">
          <bdi>{tag.name}</bdi>
          <button
            type="button"
            aria-label={t`הסרת התגית ${isolate(tag.name)}`}
            onClick={() => change.mutate({ tag, isAdded: false })}
          >
            <Icon icon={IconX} size="s" />
          </button>
        </span>
      ))}
      <TagPicker
        button={
          <>
            <Icon icon={IconPlus} size="s" />
            <Trans>תגית</Trans>
          </>
        }
        className="btn quiet add-tag"
        position="bottom-start"
        own={contact.tags}
        pick={tag => change.mutate({ tag, isAdded: true })}
        manage={() => setManaged(true)}
      />
      {hasBeenManaged && <TagManager isOpen={isManaged} onClose={() => setManaged(false)} />}
    </div>
  )
}

type Named = ContactDetail['tags'][number]

function useTagChange(contact: ContactDetail) {
  const { t } = useLingui()
  const send = ({ tag, isAdded }: { tag: Named; isAdded: boolean }) =>
    request(isAdded ? 'PUT' : 'DELETE', '/api/contacts/{id}/tags/{tag_id}', {
      params: { path: { id: contact.id, tag_id: tag.id } },
    })
  const done = () => refresh('/api/contacts', '/api/tags')
  return useAction({
    run: send,
    patches: ({ tag, isAdded }) => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({
        ...data,
        tags: isAdded ? [...data.tags, tag] : data.tags.filter(({ id }) => id !== tag.id),
      })),
    ],
    done: ({ tag, isAdded }) => (isAdded ? undefined : t`התגית ״${isolate(tag.name)}״ הוסרה`),
    undo: async values => {
      await send({ ...values, isAdded: !values.isAdded })
      done()
    },
    onDone: done,
  })
}
