import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'

export type StepId = Schemas['SetupStep']
export type Progress = Schemas['SetupProgress']

export const STEPS: readonly { id: StepId; title: MessageDescriptor }[] = [
  { id: 'name', title: msg`שם העסק` },
  { id: 'address', title: msg`כתובת מאובטחת` },
  { id: 'phone', title: msg`טלפון` },
  { id: 'whatsapp', title: msg`WhatsApp` },
  { id: 'ai', title: msg`מפתח AI` },
  { id: 'greeting', title: msg`ברכת פתיחה` },
  { id: 'business', title: msg`שעות ושירותים` },
  { id: 'agent', title: msg`לדבר עם הסוכן` },
  { id: 'call', title: msg`להתקשר עכשיו` },
]

export const PROGRESS = '/api/setup/progress'
/** On the start page, the HTML file contains the response. */
export const progressQuery = apiQuery(PROGRESS)

/** The steps that an owner has skipped and that are not complete. */
export const skippedOf = ({ completed, skipped }: Progress): (typeof STEPS)[number][] =>
  STEPS.filter(({ id }) => skipped.includes(id) && !completed.includes(id))

export const nextOf = ({ completed, skipped }: Progress): (typeof STEPS)[number] | undefined =>
  STEPS.find(({ id }) => !completed.includes(id) && !skipped.includes(id))
