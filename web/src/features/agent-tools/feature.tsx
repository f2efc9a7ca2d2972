import { msg } from '@lingui/core/macro'
import { IconTool } from '@tabler/icons-react'
import type { Feature } from '#shared/feature'

export const feature: Feature = {
  id: 'agent-tools',
  routes: [{ path: '/app/settings/tools', frame: 'settings', load: () => import('./ToolsPage') }],
  commands: [
    { id: 'agent-tools', label: msg`הכלים של הסוכן`, icon: IconTool, href: '/app/settings/tools', ownerOnly: true },
  ],
  changes: { agent_tool_updated: ['/api/agent-tools'] },
}
