import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, setCsrfToken, unwrap } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { queryClient } from '#shared/api/query'
import { chooseLocale, type Locale, useLocale } from '#shared/i18n/locale'
import { forgetOwn } from '#shared/storage'

export function useLanguageSwitch() {
  const locale = useLocale()
  const other: Locale = locale === 'he' ? 'en' : 'he'
  return { locale, otherName: other === 'he' ? 'עברית' : 'English', other, choose: () => void chooseLocale(other) }
}

export function useScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return { scheme: colorScheme, choose: (scheme: MantineColorScheme) => setColorScheme(scheme) }
}

/**
 * Returns a function that ends the session and opens the login. If the request fails while the session may still be
 * valid, the page stays open with an error, because another person at this device could use the session.
 */
export function useLogOut() {
  const [, go] = useLocation()
  const { mutate } = useAction({
    run: () =>
      unwrap(client.POST('/api/logout')).catch(reason => {
        if (asApiError(reason).status !== 401) throw reason
      }),
    onDone: () => {
      setCsrfToken(null)
      forgetOwn()
      go('/login', { replace: true })
      queryClient.clear()
    },
  })
  return () => mutate()
}
