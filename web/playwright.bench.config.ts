import { defineConfig } from '@playwright/test'
import tests from './playwright.config'

/** `npm run bench`: one test at a time, in the browser that the tests use. AGENTLOCATOR names another binary than the debug build. */
export default defineConfig({ ...tests, testDir: 'bench', workers: 1, reporter: [['line']] })
