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
import { takeStart } from '#shared/start'
import { App } from './app/App'

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
