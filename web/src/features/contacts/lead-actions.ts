import { useLingui as useTexts } from '@lingui/react'
import { useLingui } from '@lingui/react/macro'
import { patchItems, useAction } from '#shared/api/action'
import { sendPart } from '#shared/api/edit'
import { isolate } from '#shared/format/bidi'
import { type Lead, refresh, request, type Stage } from './api'
import { stageName } from './stages'

interface Move {
  lead: Lead
  stage: number
}

// Sent without a version: a move states the target stage, and the next move may start before the response arrives.
const send = ({ lead, stage }: Move, headers: Record<string, string> = {}) =>
  request<Lead>('PATCH', '/api/leads/{id}', {
    params: { path: { id: lead.id } },
    body: { stage_id: stage },
    headers,
  })

export function useMoveLead(stages: readonly Stage[]) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  return useAction({
    run: (move: Move) => send(move),
    patches: ({ lead, stage }) => [
      patchItems<Lead>(['/api/leads'], items =>
        items.map(each => (each.id === lead.id ? { ...each, stage_id: stage } : each)),
      ),
    ],
    done: ({ lead, stage }) => {
      const found = stages.find(({ id }) => id === stage)
      const name = found ? stageName(found, text => i18n._(text)) : ''
      return t`״${isolate(lead.title)}״ עבר אל ״${isolate(name)}״`
    },
    undo: async ({ lead, stage }, _, headers) => {
      await sendPart(
        headers => send({ lead, stage: lead.stage_id }, headers),
        headers,
        (now: Lead) => now.stage_id === stage,
      )
      refresh('/api/leads', '/api/lead-stages')
    },
    onDone: () => refresh('/api/leads', '/api/lead-stages'),
    // Another user may have moved or deleted the lead, so the board is fetched again.
    onError: () => void refresh('/api/leads', '/api/lead-stages'),
  })
}
