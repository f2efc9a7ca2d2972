import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { Schemas } from '../api/client'

export const MODES: Record<Schemas['AnswerMode'], MessageDescriptor> = {
  settings: msg`לפי ההגדרות`,
  agent: msg`הסוכן, מיד`,
  ring: msg`קודם אנחנו`,
}
