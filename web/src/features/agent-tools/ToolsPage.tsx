import { Trans, useLingui } from '@lingui/react/macro'
import { IconLock, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { apiQuery } from '#shared/api/query'
import { EditorPage } from '#shared/components/EditorPage'
import { EditRow } from '#shared/components/EditRow'
import { Icon } from '#shared/components/Icon'
import { Problem } from '#shared/components/Problem'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr, Plain } from '#shared/components/text'
import { useOpenForm } from '#shared/draft'
import { useOpenItems } from '#shared/open-items'
import { useSession } from '#shared/session'
import type { Tool } from './draft'
import { TOOL_DRAFTS, ToolForm } from './ToolForm'
import './tools.css'

const tools = apiQuery('/api/agent-tools')

const DRAFTS = [TOOL_DRAFTS]

/** Only owners see the tools: addresses may contain keys. */
export default function ToolsPage() {
  const { t } = useLingui()
  const { isOwner } = useSession()
  const lead = (
    <Trans>שאלות שהשרת שלכם יודע לענות עליהן: מלאי, מצב הזמנה, שורה בגיליון. הסוכן פונה אליו בזמן השיחה.</Trans>
  )
  if (isOwner) return <Tools lead={lead} />
  return (
    <EditorPage title={t`הכלים של הסוכן`} lead={lead}>
      <Problem icon={IconLock} level="plain" title={<Trans>רק בעלי העסק רואים את הכלים ומשנים אותם.</Trans>} />
    </EditorPage>
  )
}

function Tools({ lead }: { lead: ReactNode }) {
  const { t } = useLingui()
  const query = useQuery(tools)
  const { open, setOpen } = useOpenForm(DRAFTS, query.data?.items)
  const { rows, isGone } = useOpenItems(query.data?.items, ({ id }) => id === open)
  const add = (
    <button className="btn pen" type="button" onClick={() => setOpen('new')}>
      <Icon icon={IconPlus} />
      <Trans>כלי חדש</Trans>
    </button>
  )
  return (
    <EditorPage title={t`הכלים של הסוכן`} lead={lead} action={query.data && query.data.items.length > 0 && add}>
      {open === 'new' && <ToolForm close={() => setOpen(null)} />}
      <Loaded query={query} skeleton={<SkeletonRows count={3} height={66} />} title={<Trans>הכלים לא נטענו</Trans>}>
        {() =>
          rows.length === 0 && open !== 'new' ? (
            <EmptyState title={<Trans>עוד אין כלים משלכם</Trans>} action={add}>
              <Trans>
                לדוגמה: «יש לכם משאבה במלאי?» — הסוכן שולח את שם החלק לכתובת שלכם, ועונה לפי מה שחזר. צריך רק כתובת
                https שמחזירה טקסט או JSON.
              </Trans>
            </EmptyState>
          ) : (
            <ul className="entries edit-list">
              {rows.map(tool => (
                <li key={tool.id}>
                  {open === tool.id ? (
                    <ToolForm tool={tool} isGone={isGone(tool)} close={() => setOpen(null)} />
                  ) : (
                    <ToolRow tool={tool} open={() => setOpen(tool.id)} />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </EditorPage>
  )
}

function ToolRow({ tool, open }: { tool: Tool; open: () => void }) {
  return (
    <EditRow open={open}>
      <span className="grow">
        <b>
          <Ltr>{tool.name}</Ltr>
        </b>
        <br />
        <Plain text={tool.description} className="muted" />
      </span>
      {!tool.enabled && (
        <span className="chip">
          <Trans>כבוי</Trans>
        </span>
      )}
      {tool.headers.some(({ value_set }) => !value_set) && (
        <span className="chip">
          <Trans>חסר ערך סודי</Trans>
        </span>
      )}
    </EditRow>
  )
}
