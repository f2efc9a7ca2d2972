import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { FieldText } from '#shared/components/FieldText'
import { Time } from '#shared/components/text'
import { useLocale } from '#shared/i18n/locale'
import type { ContactDetail, FieldValue } from './api'
import { NoValue, NumberList, RelationText, TagList, Work } from './MergeCells'
import { Contacted } from './MergeWords'

export interface Row {
  key: string
  label: ReactNode
  cell: (contact: ContactDetail) => ReactNode
  /** For data of which a contact has one value. A merge keeps that of the kept contact, if it has one. */
  single?: Single
}

export interface Single {
  /** Null if the contact has no value. */
  valueOf: (contact: ContactDetail) => string | null
  /** The value as a choice of `MergeRequest`; undefined for a field. */
  take?: 'name' | 'language' | 'relation'
  /** The id of the field. */
  fieldId?: number
}

/** Whether the user may choose between two values, because each contact has another one. */
export function isChoice({ single }: Row, kept: ContactDetail, merged: ContactDetail): boolean {
  const [own, other] = [single?.valueOf(kept) ?? null, single?.valueOf(merged) ?? null]
  return own !== null && other !== null && own !== other
}

export const NAME: Single = {
  valueOf: ({ display_name }) => display_name,
  take: 'name',
}

const LANGUAGE: Single = {
  valueOf: ({ language }) => language ?? null,
  take: 'language',
}

const RELATION: Single = {
  valueOf: ({ relation }) => (relation === 'customer' ? null : relation),
  take: 'relation',
}

const fieldRow = ({ field_id, name }: FieldValue): Row => {
  const fieldOf = ({ fields }: ContactDetail) => fields.find(field => field.field_id === field_id)
  return {
    key: `field-${field_id}`,
    label: <bdi>{name}</bdi>,
    cell: contact => {
      const field = fieldOf(contact)
      if (!field) return <NoValue />
      if (field.kind === 'flag') return field.value === 'true' ? <Trans>כן</Trans> : <Trans>לא</Trans>
      return <FieldText kind={field.kind} value={field.value} />
    },
    single: {
      valueOf: contact => fieldOf(contact)?.value ?? null,
      fieldId: field_id,
    },
  }
}

/** The rows that show the same for most contacts are left out if both contacts are such contacts. */
export function useMergeRows(kept: ContactDetail, merged: ContactDetail): Row[] {
  const names = new Intl.DisplayNames([useLocale()], { type: 'language' })
  const either = (has: (contact: ContactDetail) => boolean) => has(kept) || has(merged)
  const fields = new Map([...merged.fields, ...kept.fields].map(field => [field.field_id, field]))
  const rows: (Row | false)[] = [
    { key: 'numbers', label: <Trans>מספרים</Trans>, cell: contact => <NumberList contact={contact} /> },
    { key: 'tags', label: <Trans>תגיות</Trans>, cell: contact => <TagList contact={contact} /> },
    ...[...fields.values()].toSorted((a, b) => a.field_id - b.field_id).map(fieldRow),
    {
      key: 'language',
      label: <Trans>שפה</Trans>,
      cell: ({ language }) => (language ? (names.of(language) ?? language) : <NoValue />),
      single: LANGUAGE,
    },
    either(({ relation }) => relation !== 'customer') && {
      key: 'relation',
      label: <Trans>סוג הקשר</Trans>,
      cell: ({ relation }) => <RelationText relation={relation} />,
      single: RELATION,
    },
    either(({ opted_out }) => opted_out) && {
      key: 'opt-out',
      label: <Trans>הודעות</Trans>,
      cell: ({ opted_out }) => (opted_out ? <Trans>לא נשלחות לו הודעות</Trans> : <Trans>נשלחות כרגיל</Trans>),
    },
    either(({ blocked }) => blocked) && {
      key: 'blocked',
      label: <Trans>חסימה</Trans>,
      cell: ({ blocked }) => (blocked ? <Trans>חסום</Trans> : <Trans>לא חסום</Trans>),
    },
    { key: 'contacted', label: <Trans>שיחות והודעות</Trans>, cell: contact => <Contacted contact={contact} /> },
    { key: 'work', label: <Trans>תורים, הערות ומשימות</Trans>, cell: contact => <Work contact={contact} /> },
    {
      key: 'last',
      label: <Trans>קשר אחרון</Trans>,
      cell: ({ last_activity_at: at }) => (at ? <Time at={at} style="full" /> : <NoValue />),
    },
    {
      key: 'since',
      label: <Trans>ברשימה מאז</Trans>,
      cell: contact => <Time at={contact.created_at} style="date" />,
    },
  ]
  return rows.filter(row => row !== false)
}
