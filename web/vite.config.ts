import { lingui, linguiTransformerBabelPreset } from '@lingui/vite-plugin'
import babel from '@rolldown/plugin-babel'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** The daemon to which the development server forwards API requests. */
const daemon = process.env.AGENTLOCATOR_URL ?? 'http://127.0.0.1:8080'

/** Adds a script to the HTML page that does not wait for the others. */
const early: Plugin = {
  name: 'early',
  transformIndexHtml: {
    order: 'post',
    handler(_, { bundle = {} }) {
      const file = Object.values(bundle).find(one => one.type === 'chunk' && one.name === 'early')?.fileName
      return file ? [{ tag: 'script', attrs: { type: 'module', async: true, src: `/app/${file}` } }] : []
    },
  },
}

/**
 * Tells browsers that most functions of the first render's file run at once. They are then compiled while the file arrives,
 * beside the main thread, and not one by one when they are called.
 */
const compileHint: Plugin = {
  name: 'compile-hint',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk') file.code = `//# allFunctionsCalledOnLoad\n${file.code}`
      }
    },
  },
}

export default defineConfig({
  base: '/app/',
  plugins: [react(), lingui(), babel({ presets: [linguiTransformerBabelPreset()] }), early, compileHint],
  resolve: {
    alias: {
      '#shared': new URL('./src/shared', import.meta.url).pathname,
      // With the package's index, the development server would load every icon as a separate file.
      '@tabler/icons-react': '@tabler/icons-react/dist/esm/icons/index.mjs',
    },
  },
  build: {
    target: ['chrome109', 'safari16.4', 'firefox115'],
    // The content security policy refuses data URLs of fonts and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 900,
    // Over HTTP/1.1 a browser sends six requests at a time. Therefore the code of the first render is one file, and
    // icons that several pages share are bundled with these pages instead of separate files.
    rolldownOptions: {
      input: ['index.html', 'src/early.ts'],
      output: {
        codeSplitting: {
          // Excludes the entry itself, because the manifest lists the files of the HTML page under it.
          groups: [
            {
              name: 'start',
              tags: ['$initial'],
              test: id => !/index\.html|src\/(main\.tsx|early\.ts)/.test(id),
              priority: 2,
            },
            // Code that pages share: one file for the page's own code, the queries and the icons, and one for the Mantine
            // components, which most pages use. Few pages use the greeting's editor and the sound of calls.
            {
              name: 'common',
              minShareCount: 2,
              test: id =>
                /\/web\/src\/(shared|app)\/.*\.(tsx?|css)$|@tanstack\/|@mantine\/hooks|@tabler\/|color-scheme|noop|\/clsx\//.test(
                  id,
                ) && !/Shell|Confirm|\/Dialog|DayPicker|\/shared\/(greeting|audio)\//.test(id),
              includeDependenciesRecursively: false,
              priority: 1,
            },
            // Code that several pages of a feature share: one file for each feature.
            {
              // The list of contacts is shown without the dialogs that its buttons open.
              name: id =>
                /\/contacts\/(manage\/|TagPicker)/.test(id)
                  ? 'manage'
                  : (/\/features\/([\w-]+)\//.exec(id)?.[1] ?? null),
              minShareCount: 2,
              test: /\/web\/src\/features\/.*\.(tsx?|css)$/,
              includeDependenciesRecursively: false,
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
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'scripts/**/*.test.mjs'],
    pool: 'threads',
  },
})
