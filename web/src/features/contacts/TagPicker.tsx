import { Trans, useLingui } from '@lingui/react/macro'
import { Popover } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { useAction } from '#shared/api/action'
import { type ContactDetail, request, type Tag, tagsQuery } from './api'
import { tagChoices } from './tag-choices'

type Named = ContactDetail['tags'][number]

interface Props {
  button: ReactNode
  className: string
  /** The tags that are not offered. */
  own: readonly Named[]
  pick: (tag: Named, isNew: boolean) => void
  position: 'bottom-start' | 'top-start'
  /** Opens the dialog for all tags. */
  manage: () => void
}

/** A button whose popover offers the tags that exist, and creates a new one. */
export function TagPicker({ button, className, own, pick: picked, position, manage }: Props) {
  const { t } = useLingui()
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const opener = useRef<HTMLButtonElement>(null)
  const all = useQuery({ ...tagsQuery, enabled: isOpen }).data?.items ?? []
  const { free, chosen, isNew } = tagChoices(all, own, text)
  const close = () => {
    setOpen(false)
    setText('')
  }
  const pick = (tag: Named, isNew = false) => {
    close()
    picked(tag, isNew)
  }
  const create = useAction({
    run: () => request<Tag>('POST', '/api/tags', { body: { name: text.trim() } }),
    onDone: tag => pick(tag, true),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (chosen) pick(chosen)
    else if (isNew && !create.isPending) create.mutate()
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} width={240} position={position} trapFocus withRoles>
      <Popover.Target>
        <button ref={opener} className={className} type="button" onClick={() => setOpen(!isOpen)}>
          {button}
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
          {all.length > 0 && (
            <button
              className="btn link"
              type="button"
              onClick={() => {
                // The dialog returns the focus to where it was, and this button is gone by then.
                opener.current?.focus()
                close()
                manage()
              }}
            >
              <Trans>ניהול תגיות</Trans>
            </button>
          )}
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
