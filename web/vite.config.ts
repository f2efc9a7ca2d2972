import { lingui, linguiTransformerBabelPreset } from '@lingui/vite-plugin'
import babel from '@rolldown/plugin-babel'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

/** The daemon that the development server passes requests on to. */
const daemon = process.env.AGENTLOCATOR_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/app/',
  plugins: [react(), lingui(), babel({ presets: [linguiTransformerBabelPreset()] })],
  resolve: {
    alias: {
      '#shared': new URL('./src/shared', import.meta.url).pathname,
      // The package's index makes the development server load every icon as a file of its own.
      '@tabler/icons-react': '@tabler/icons-react/dist/esm/icons/index.mjs',
    },
  },
  build: {
    target: ['chrome109', 'safari16.4', 'firefox115'],
    // Data URLs of fonts and scripts are refused by the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 900,
    // Over HTTP/1.1 a browser has six requests at a time: what the first drawing needs is one file, and the icons that several
    // pages share are in the files of these pages, not in one each.
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Not the entry itself, by which the manifest names what the HTML file loads.
          groups: [
            { name: 'start', tags: ['$initial'], test: id => !/index\.html|src\/main\.tsx/.test(id), priority: 2 },
            // What several pages share, in one file for its own code and one for the components of Mantine, which few pages do without.
            {
              name: 'common',
              minShareCount: 3,
              test: id =>
                /\/web\/src\/(shared|app)\/.*\.tsx?$|@tanstack\/|@mantine\/hooks|@tabler\//.test(id) &&
                !/Shell|Confirm/.test(id),
              includeDependenciesRecursively: false,
              priority: 1,
            },
            {
              name: 'overlays',
              minShareCount: 3,
              test: id =>
                /@mantine\/core|@floating-ui|react-remove-scroll|react-style-singleton|use-(sidecar|callback-ref)|\/tslib\//.test(
                  id,
                ) && !/color-scheme|noop/.test(id),
              includeDependenciesRecursively: false,
            },
          ],
          experimentalInlineCommonChunks: { maxSize: 2_000, exclude: id => !id.includes('@tabler/icons-react') },
        },
      },
    },
  },
  worker: { format: 'es' },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/version', '/readyz'].map(path => [path, { target: daemon, changeOrigin: false }]),
    ),
  },
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'scripts/**/*.test.mjs'] },
})
