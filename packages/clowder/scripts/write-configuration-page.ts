// Writes docs/configuration.md from the schema: `npx tsx packages/clowder/scripts/write-configuration-page.ts`.
import { writeFileSync } from 'node:fs'
import { configurationPage } from './configuration-page.js'

writeFileSync(new URL('../../../docs/configuration.md', import.meta.url), configurationPage())
