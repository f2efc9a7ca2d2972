import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core'
import { useCallback } from 'react'
import { useLocation } from 'wouter'
import { client, setCsrfToken, unwrap } from '#shared/api/client'
import { queryClient } from '#shared/api/query'
import { chooseLocale, type Locale, useLocale } from '#shared/i18n/locale'

/** Returns the current language, and the language to switch to. */
export function useLanguageSwitch() {
  const locale = useLocale()
  const other: Locale = locale === 'he' ? 'en' : 'he'
  return { locale, otherName: other === 'he' ? 'עברית' : 'English', other, choose: () => void chooseLocale(other) }
}

/** Returns the colour scheme (light, dark or the system's), and a function that changes it. */
export function useScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return { scheme: colorScheme, choose: (scheme: MantineColorScheme) => setColorScheme(scheme) }
}

/** Returns a function that ends the session and opens the login. */
export function useLogOut() {
  const [, go] = useLocation()
  return useCallback(async () => {
    await unwrap(client.POST('/api/logout')).catch(() => undefined)
    setCsrfToken(null)
    go('/login', { replace: true })
    queryClient.clear()
  }, [go])
}
