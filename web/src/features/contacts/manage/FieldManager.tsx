import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Dot } from '#shared/components/text'
import { isolate } from '#shared/format/bidi'
import { type CustomField, fieldsQuery, request } from '../api'
import { useFieldKinds } from '../field-kinds'
import { ESCAPE_STAYS } from './ItemForm'
import { FIELDS, type FieldValues, linesOf } from './kind'
import { type DialogState, ManagedDialog } from './ManagedDialog'
import { Uses } from './TagManager'

export function FieldManager(dialog: DialogState) {
  const { t } = useLingui()
  const query = useQuery(fieldsQuery)
  const kinds = useFieldKinds()
  return (
    <ManagedDialog<CustomField, FieldValues>
      {...dialog}
      title={<Trans>ניהול הפרטים</Trans>}
      lead={<Trans>הפרטים משותפים לכל הלקוחות. לוחצים על פרט כדי לשנות את שמו או את האפשרויות שלו.</Trans>}
      kind={FIELDS}
      query={query}
      form={{
        taken: <Trans>כבר יש פרט בשם הזה.</Trans>,
        show: ({ name, choices }) => <bdi className="strong">{[name, ...choices].join(', ')}</bdi>,
        isComplete: ({ name, isChoice, choices }) => name.trim() !== '' && (!isChoice || linesOf(choices).length > 0),
        extra: (values, set) => values.isChoice && <Choices values={values} set={set} />,
      }}
      nameOf={({ name }) => name}
      detail={({ kind, contact_count }) => (
        <>
          {kinds[kind]}
          <Dot />
          <Uses count={contact_count} />
        </>
      )}
      removal={({ id, name }) => ({
        done: t`״${isolate(name)}״ הוסר. מה שנכתב בו נשמר, וחוזר אם מבטלים`,
        undo: () => request('POST', '/api/custom-fields/{id}/restore', { params: { path: { id } } }),
      })}
    />
  )
}

interface ChoicesProps {
  values: FieldValues
  set: (values: FieldValues) => void
}

function Choices({ values, set }: ChoicesProps) {
  return (
    <div className="labelled">
      <label className="lb" htmlFor="managed-choices">
        <Trans>האפשרויות, כל אחת בשורה</Trans>
      </label>
      <textarea
        id="managed-choices"
        className="field"
        dir="auto"
        rows={4}
        aria-describedby="managed-choices-help"
        value={values.choices}
        {...ESCAPE_STAYS}
        onChange={event => set({ ...values, choices: event.target.value })}
      />
      <p className="small muted" id="managed-choices-help">
        <Trans>לקוח שאצלו נבחרה אפשרות שמוחקים שומר אותה, עד שבוחרים אחרת.</Trans>
      </p>
    </div>
  )
}
