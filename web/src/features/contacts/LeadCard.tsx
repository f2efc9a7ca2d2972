import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { Menu } from '@mantine/core'
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { ifMatch } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Dot, Name, Time } from '#shared/components/text'
import { useFormat } from '#shared/session'
import { type Lead, refresh, request, type Stage } from './api'
import { stageName } from './stages'

interface Props {
  lead: Lead
  stages: readonly Stage[]
  move: (stage: number) => void
  edit: () => void
}

export function LeadCard({ lead, stages, move, edit }: Props) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const format = useFormat()
  const remove = useAction({
    run: () => request('DELETE', '/api/leads/{id}', { params: { path: { id: lead.id } }, headers: ifMatch(lead.etag) }),
    done: () => t`הליד נמחק`,
    undo: async () => {
      const { contact_id, title, stage_id, value_minor, source } = lead
      await request('POST', '/api/leads', {
        body: { contact_id, title, stage_id, ...(value_minor != null && { value_minor }), ...(source && { source }) },
      })
      refresh('/api/leads', '/api/lead-stages')
    },
    onDone: () => refresh('/api/leads', '/api/lead-stages'),
    // Another user may have changed the lead, so the board is fetched again, and the user can then delete the lead.
    onError: () => void refresh('/api/leads', '/api/lead-stages'),
  })
  return (
    <li
      className="lead"
      draggable
      onDragStart={event => {
        event.dataTransfer.setData('text/plain', String(lead.id))
        event.dataTransfer.effectAllowed = 'move'
      }}
    >
      <div className="grow">
        <bdi className="strong">{lead.title}</bdi>
        <p className="small">
          <Link href={`/app/contacts/${lead.contact_id}`}>
            <Name name={lead.contact_name ?? ''} />
          </Link>
        </p>
        <p className="small muted">
          {lead.value_minor != null && (
            <>
              <span className="num">{format.money(lead.value_minor)}</span>
              <Dot />
            </>
          )}
          <Time at={lead.updated_at} style="ago" />
        </p>
      </div>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <button className="btn quiet icon" type="button" aria-label={t`העברה או שינוי של ${lead.title}`}>
            <Icon icon={IconDots} size="s" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            <Trans>להעביר אל</Trans>
          </Menu.Label>
          {stages
            .filter(({ id }) => id !== lead.stage_id)
            .map(stage => (
              <Menu.Item key={stage.id} onClick={() => move(stage.id)}>
                <bdi>{stageName(stage, text => i18n._(text))}</bdi>
              </Menu.Item>
            ))}
          <Menu.Divider />
          <Menu.Item leftSection={<Icon icon={IconPencil} size="s" />} onClick={edit}>
            <Trans>שינוי הכותרת או הסכום</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<Icon icon={IconTrash} size="s" />} onClick={() => remove.mutate()}>
            <Trans>מחיקה</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  )
}
