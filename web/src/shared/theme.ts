import { t } from '@lingui/core/macro'
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const pen: MantineColorsTuple = [
  '#e7eefc',
  '#d3e0fa',
  '#b4caf5',
  '#93b4ff',
  '#6c95ec',
  '#3a6de0',
  '#2f62d6',
  '#1a4fc4',
  '#1544ab',
  '#10378c',
]

/** The tokens of `styles/tokens.css` as a Mantine theme. */
export const theme = createTheme({
  colors: { pen },
  primaryColor: 'pen',
  primaryShade: { light: 7, dark: 6 },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontFamily: 'var(--font)', fontWeight: '700' },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.9375rem', lg: '1rem', xl: '1.125rem' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '4px', sm: '8px', md: '12px', lg: '16px' },
  defaultRadius: 'sm',
  shadows: { sm: 'var(--e1)', md: 'var(--e2)', lg: 'var(--e3)' },
  breakpoints: { xs: '20em', sm: '48em', md: '64em', lg: '75em', xl: '90em' },
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    ScrollArea: { defaultProps: { viewportProps: { tabIndex: 0 } } },
    Menu: { defaultProps: { shadow: 'md', radius: 'md' } },
    Popover: { defaultProps: { shadow: 'md', radius: 'md' } },
    Modal: {
      // A function, because the language may change while the page is open.
      defaultProps: () => ({
        radius: 'lg',
        centered: true,
        shadow: 'lg',
        closeButtonProps: { 'aria-label': t`סגירה` },
      }),
    },
    CloseButton: { defaultProps: { iconSize: 18, c: 'dimmed' } },
  },
})

// Both colour schemes use the same variables, because the values of the tokens change with the scheme.
const surfaces = {
  '--mantine-color-body': 'var(--raise)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-2)',
  '--mantine-color-placeholder': 'var(--ink-3)',
  '--mantine-color-default': 'var(--control)',
  '--mantine-color-default-hover': 'var(--sunk)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--edge)',
  '--mantine-color-anchor': 'var(--pen-text)',
  '--mantine-color-error': 'var(--live)',
}

export const cssVariablesResolver: CSSVariablesResolver = () => ({ variables: {}, light: surfaces, dark: surfaces })
