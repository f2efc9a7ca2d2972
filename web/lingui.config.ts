import { defineConfig } from '@lingui/cli'
import { formatter } from '@lingui/format-po'

/** One catalog for each feature, which is loaded with the feature, and one for the shell and the shared code. */
export default defineConfig({
  sourceLocale: 'he',
  locales: ['he', 'en'],
  catalogs: [
    {
      path: 'src/app/locales/{locale}',
      // Texts that are shown before a feature's page is opened.
      include: [
        'src/app',
        'src/shared',
        'src/features/*/feature.tsx',
        'src/features/*/*Strip.tsx',
        'src/features/*/strip/**',
      ],
    },
    {
      path: 'src/features/{name}/locales/{locale}',
      include: ['src/features/{name}'],
      exclude: ['**/feature.tsx', '**/*Strip.tsx', '**/strip/**'],
    },
  ],
  orderBy: 'message',
  format: formatter({ lineNumbers: false, origins: false }),
})
