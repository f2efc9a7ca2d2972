import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { problemText } from '#shared/api/problem-text'
import { queryClient } from '#shared/api/query'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field, PasswordField } from '#shared/components/field'
import { Ltr } from '#shared/components/text'
import { WarningText } from '#shared/components/WarningText'
import { useLocale } from '#shared/i18n/locale'
import { CHECKS_PATH, withScheme } from './steps'

type Item = Schemas['SettingItem']

/** The input by setting key, with the version of the setting when the user began to type. */
type Typed = Record<string, { text: string; version: number }>

const mapOf = <T,>(typed: Typed, of: (one: Typed[string]) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(typed).map(([key, one]) => [key, of(one)]))

interface Props {
  items: readonly (Item | undefined)[]
  /** Whether the step's own text explains the fields, so that their help is hidden. */
  isExplained?: boolean
  check?: Schemas['SettingsCheck']
  /**
   * Called with the results of the check, or with null once they are not those of the input. The values are saved only
   * if the check has found no error.
   */
  onChecked?: (answer: Schemas['CheckResponse'] | null) => void
  /** Whether the step is complete. Then the button is the primary one only while there is input to save. */
  isDone: boolean
  onTyping: (isTyping: boolean) => void
  /** Called when the values are stored, to complete a step that has no other task. */
  onSaved?: () => void
}

/** If the step has a check, the check runs before the values are saved. */
export function SettingFields({ items, isExplained = false, isDone, onTyping, check, onChecked, onSaved }: Props) {
  const { t } = useLingui()
  const known = items.filter(item => item !== undefined)
  const [typed, storeTyped] = useState<Typed>({})
  const setTyped = (typed: Typed) => {
    storeTyped(typed)
    onTyping(Object.keys(typed).length > 0)
  }
  const [overtaken, setOvertaken] = useState<readonly Item[]>([])
  const [error, setError] = useState<{ key: string | undefined; text: string }>()
  const locale = useLocale()
  const save = useAction({
    run: async (entered: Typed) => {
      const values = mapOf(entered, ({ text }) => text.trim() || null)
      if (check) {
        const params = { header: { 'Accept-Language': locale } }
        const answer = await unwrap(client.POST('/api/checks', { params, body: { check, values } }))
        onChecked?.(answer)
        if (!answer.ok) return answer
      }
      const expected = mapOf(entered, ({ version }) => version)
      if (Object.keys(values).length > 0) {
        await unwrap(client.PATCH('/api/settings', { body: { changes: values, expected } }))
      }
      return undefined
    },
    onDone: refused => {
      if (!refused) setTyped({})
      const checks = check && !refused ? [CHECKS_PATH] : []
      for (const path of ['/api/settings', '/api/twilio/numbers', '/api/session', ...checks]) {
        void queryClient.invalidateQueries({ queryKey: [path] })
      }
      if (!refused) onSaved?.()
    },
    onError: problem => {
      if (problem.code === 'changed') {
        setOvertaken((problem.current as { items: Item[] } | undefined)?.items ?? [])
        void queryClient.invalidateQueries({ queryKey: ['/api/settings'] })
        return true
      }
      const isUrl = problem.code === 'invalid' && known.some(({ key, kind }) => key === problem.field && kind === 'url')
      const text = isUrl ? t`צריך כתובת מלאה שמתחילה ב־https, למשל https://shop.example.com` : problemText(problem)
      if (!problem.isTransient) setError({ key: problem.field, text })
      return !problem.isTransient
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setError(undefined)
    onChecked?.(null)
    const isEmpty = ({ key, kind, value, secret_set }: Item) =>
      !typed[key]?.text.trim() && (kind === 'secret' ? !secret_set : !value)
    if (check && known.every(item => item.editable && isEmpty(item))) {
      setError({ key: known[0]?.key, text: t`צריך למלא את השדה הזה` })
      return
    }
    const urls = new Set(known.flatMap(({ key, kind }) => (kind === 'url' ? [key] : [])))
    const entered = Object.fromEntries(
      Object.entries(typed).map(([key, one]) => [key, urls.has(key) ? { ...one, text: withScheme(one.text) } : one]),
    )
    storeTyped(entered)
    save.mutate(entered)
  }
  const decide = (theirs: Item, keepsMine: boolean) => {
    const undecided = overtaken.filter(({ key }) => key !== theirs.key)
    const { [theirs.key]: mine, ...others } = typed
    const next = keepsMine && mine ? { ...others, [theirs.key]: { ...mine, version: theirs.version } } : others
    setOvertaken(undecided)
    setTyped(next)
    if (undecided.length === 0 && Object.keys(next).length > 0) save.mutate(next)
  }
  const isLocked = known.every(item => !item.editable)
  const label = save.isPending ? (
    <Trans>בודק…</Trans>
  ) : onSaved ? (
    <Trans>שמירה והמשך</Trans>
  ) : !check ? (
    <Trans>שמירה</Trans>
  ) : isLocked ? (
    <Trans>בדיקה</Trans>
  ) : (
    <Trans>בדיקה ושמירה</Trans>
  )
  return (
    <form className="form" onSubmit={submit}>
      {known.map(item => (
        <One
          key={item.key}
          item={item}
          isExplained={isExplained}
          typed={typed[item.key]?.text}
          error={error?.key === item.key ? error.text : undefined}
          onChange={text => {
            setError(undefined)
            onChecked?.(null)
            setTyped({ ...typed, [item.key]: { text, version: typed[item.key]?.version ?? item.version } })
          }}
        />
      ))}
      {overtaken.map(theirs => (
        <ChangedBy
          key={theirs.key}
          name={theirs.actor_name}
          {...(theirs.kind !== 'secret' && { theirs: <bdi>{String(theirs.value ?? '')}</bdi> })}
          onMine={() => decide(theirs, true)}
          onTheirs={() => decide(theirs, false)}
        />
      ))}
      <p role="alert" className={error && !error.key ? 'err' : 'vh'}>
        {error?.text}
      </p>
      {(check || !isLocked) && (
        <button
          className={isDone && Object.keys(typed).length === 0 ? 'btn' : 'btn pen'}
          type="submit"
          disabled={save.isPending || overtaken.length > 0 || (!check && Object.keys(typed).length === 0)}
        >
          {label}
        </button>
      )}
    </form>
  )
}

interface OneProps {
  item: Item
  isExplained: boolean
  typed: string | undefined
  error: string | undefined
  onChange: (text: string) => void
}

function One({ item, isExplained, typed, error, onChange }: OneProps) {
  const isSecret = item.kind === 'secret'
  const value = typed ?? (isSecret ? '' : String(item.value ?? ''))
  const help = item.editable ? (
    isSecret && item.secret_set ? (
      <Trans>כבר שמור. כותבים כאן רק כדי להחליף.</Trans>
    ) : isExplained ? undefined : (
      item.help
    )
  ) : (
    <Trans>
      נקבע במכונה עצמה (<Ltr>{item.file ?? item.variable ?? item.key}</Ltr>), ולכן לא משתנה כאן.
    </Trans>
  )
  const warnings = typed === undefined ? item.warnings : []
  const notes = warnings.map(text => (
    <span key={text} className="src warn">
      <WarningText text={text} />
    </span>
  ))
  const described = notes.length > 0 ? [help, ...notes] : help
  const common = { label: item.title, help: described, error, value, readOnly: !item.editable, autoComplete: 'off' }
  if (isSecret && item.editable) return <PasswordField {...common} onChange={event => onChange(event.target.value)} />
  return (
    <Field
      {...common}
      value={isSecret ? (item.secret_set ? '••••••••' : '') : value}
      dir={item.key === 'business.name' ? 'auto' : 'ltr'}
      onChange={event => onChange(event.target.value)}
    />
  )
}
