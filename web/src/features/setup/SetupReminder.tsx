import { lazy, Suspense } from 'react'
import { useLocation } from 'wouter'
import { withTexts } from '#shared/i18n/locale'
import { useSession } from '#shared/session'

// The strip is drawn with every page, so its code and texts load only where it may appear. Without them there is no reminder.
const Reminder = lazy(async () => {
  try {
    return await withTexts('setup', import('./Reminder'))
  } catch {
    return { default: () => null }
  }
})

/** Reminds owners of the set-up on the start page. */
export function SetupReminder() {
  const [path] = useLocation()
  const { isOwner } = useSession()
  if (!isOwner || path !== '/app/today') return null
  return (
    <Suspense>
      <Reminder />
    </Suspense>
  )
}
