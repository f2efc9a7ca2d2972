import { Trans, useLingui } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'
import { client, unwrap } from '#shared/api/client'
import type { ApiError } from '#shared/api/errors'
import { PasswordField } from './field'

interface OwnPassword {
  field: ReactNode
  isEmpty: boolean
  /** Verifies the password for this session. Rejects if the password is wrong. */
  confirm: () => Promise<unknown>
  clear: () => void
  /** Shows below the field that the password is wrong. Returns false for any other error. */
  handles: (error: ApiError) => boolean
}

/** A field for the logged-in user's own password, for actions that an unattended open page must not allow. */
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
