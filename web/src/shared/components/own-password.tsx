import { Trans, useLingui } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'
import { client, unwrap } from '#shared/api/client'
import type { ApiError } from '#shared/api/errors'
import { PasswordField } from './field'

interface OwnPassword {
  field: ReactNode
  isEmpty: boolean
  /** Confirms the session with the password; fails if it is wrong. */
  confirm: () => Promise<unknown>
  clear: () => void
  /** Shows at the field that the password is wrong; false if the error is another one. */
  handles: (error: ApiError) => boolean
}

/** The password of the user who is logged in, entered again: for what a page that was left open must not be enough for. */
export function useOwnPassword({ autoFocus }: { autoFocus?: boolean } = {}): OwnPassword {
  const { t } = useLingui()
  const [password, setPassword] = useState('')
  const [isWrong, setWrong] = useState(false)
  return {
    field: (
      <PasswordField
        label={<Trans>הסיסמה שלכם, שוב</Trans>}
        autoComplete="current-password"
        required
        autoFocus={autoFocus}
        value={password}
        error={isWrong && t`הסיסמה לא נכונה.`}
        onChange={event => {
          setWrong(false)
          setPassword(event.target.value)
        }}
      />
    ),
    isEmpty: password === '',
    confirm: () => unwrap(client.POST('/api/session/confirm', { body: { password } })),
    clear: () => setPassword(''),
    handles: error => {
      if (error.code !== 'wrong_password') return false
      setWrong(true)
      return true
    },
  }
}
