import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { DirectionProvider, MantineProvider, useDirection } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { type ReactNode, useEffect } from 'react'
import { Router } from 'wouter'
import { queryClient } from '#shared/api/query'
import { Toasts } from '#shared/components/toasts'
import { directionOf, useLocale } from '#shared/i18n/locale'
import { keepFocus } from '#shared/kept-focus'
import { navigateFrom } from '#shared/layers'
import { cssVariablesResolver, theme } from '#shared/theme'
import { Failure } from './Failure'
import { Gate } from './Gate'

const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''
// The scroll lock of dialogs inserts a `<style>`, which the CSP allows only with this nonce.
if (nonce) setNonce(nonce)

export function App() {
  useEffect(keepFocus, [])
  return (
    <I18nProvider i18n={i18n}>
      <DirectionProvider detectDirection={false} initialDirection={directionOf(i18n.locale)}>
        <MantineProvider
          theme={theme}
          cssVariablesResolver={cssVariablesResolver}
          defaultColorScheme="auto"
          getStyleNonce={() => nonce}
        >
          <QueryClientProvider client={queryClient}>
            <FollowDirection>
              <Router aroundNav={navigateFrom}>
                <Failure>
                  <Gate />
                </Failure>
                <Toasts />
              </Router>
            </FollowDirection>
          </QueryClientProvider>
        </MantineProvider>
      </DirectionProvider>
    </I18nProvider>
  )
}

function FollowDirection({ children }: { children: ReactNode }) {
  const locale = useLocale()
  const { setDirection } = useDirection()
  useEffect(() => setDirection(directionOf(locale)), [locale, setDirection])
  return children
}
