import '#shared/styles/tokens.css'
import '#shared/styles/mantine.css'
import '#shared/styles/base.css'
import '#shared/styles/controls.css'
import '#shared/styles/shell.css'
import '#shared/styles/rows.css'
import '#shared/styles/feedback.css'
import '#shared/styles/player.css'
import '#shared/styles/app.css'
import '#shared/styles/large.css'
import '#shared/back-guard'
import '#shared/escape'
import { StrictMode, startTransition } from 'react'
import { createRoot } from 'react-dom/client'
import { PageLoadError } from '#shared/deferred'
import { activateLocale, followLocale, initialLocale } from '#shared/i18n/locale'
import { isLoggedOut, takeStart } from '#shared/start'
import { App } from './app/App'
import { firstParts } from './app/registry'

/** How long the first render waits for the page's code and data, in ms. Usually they have arrived with this script. */
const FIRST_MS = 300

// The service worker makes the page installable, and shows notifications where pages cannot. It works only over https
// or on localhost.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register('/app/sw.js', { scope: '/' }).catch(() => undefined)
}

const root = document.getElementById('root')
if (root) {
  takeStart()
  followLocale()
  await activateLocale(initialLocale())
  const late = new Promise<undefined>(resolve => setTimeout(resolve, FIRST_MS))
  // The page shows the error of a part that could not be loaded.
  const first = isLoggedOut() ? undefined : firstParts(location.pathname).catch(() => undefined)
  const showFirst = await Promise.race([first, late])
  showFirst?.()
  const page = createRoot(root, {
    onCaughtError(error, { componentStack }) {
      // The page itself shows that its code could not be loaded, usually because the connection is lost.
      if (!(error instanceof PageLoadError)) console.error(error, componentStack)
    },
  })
  // A transition renders in short slices, so that a slow phone reacts to taps meanwhile.
  startTransition(() =>
    page.render(
      <StrictMode>
        <App />
      </StrictMode>,
    ),
  )
}
