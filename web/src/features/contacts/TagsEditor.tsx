import { Trans, useLingui } from '@lingui/react/macro'
import { Popover } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { patch, useAction } from '#shared/api/action'
import { Icon } from '#shared/components/Icon'
import { isolate } from '#shared/format/bidi'
import { type ContactDetail, refresh, request, type Tag, tagsQuery } from './api'
import { tagChoices } from './tag-choices'

export function TagsEditor({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const change = useTagChange(contact)
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
      <AddTag contact={contact} add={tag => change.mutate({ tag, isAdded: true })} />
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

function AddTag({ contact, add }: { contact: ContactDetail; add: (tag: Named) => void }) {
  const { t } = useLingui()
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const all = useQuery({ ...tagsQuery, enabled: isOpen }).data?.items ?? []
  const { free, chosen, isNew } = tagChoices(all, contact.tags, text)
  const pick = (tag: Named) => {
    setOpen(false)
    setText('')
    add(tag)
  }
  const create = useAction({
    run: () => request<Tag>('POST', '/api/tags', { body: { name: text.trim() } }),
    onDone: pick,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (chosen) pick(chosen)
    else if (isNew && !create.isPending) create.mutate()
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} width={240} position="bottom-start" trapFocus withRoles>
      <Popover.Target>
        <button className="btn quiet add-tag" type="button" onClick={() => setOpen(!isOpen)}>
          <Icon icon={IconPlus} size="s" />
          <Trans>תגית</Trans>
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t`הוספת תגית`}>
        <form className="stack" onSubmit={submit}>
          <input
            className="field"
            dir="auto"
            aria-label={t`שם התגית`}
            placeholder={t`תגית חדשה או קיימת`}
            value={text}
            maxLength={60}
            onChange={event => setText(event.target.value)}
          />
          <ul className="tag-choices">
            {free.slice(0, 8).map(tag => (
              <li key={tag.id}>
                <button type="button" onClick={() => pick(tag)}>
                  <bdi>{tag.name}</bdi>
                </button>
              </li>
            ))}
          </ul>
          {isNew && (
            <button className="btn" type="button" disabled={create.isPending} onClick={() => create.mutate()}>
              <Trans>
                ליצור את ״<bdi>{text.trim()}</bdi>״
              </Trans>
            </button>
          )}
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
