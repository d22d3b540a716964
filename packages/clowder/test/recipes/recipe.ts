import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AppFactory } from '../../src/testing/test-options.js'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const PAGES = join(root, 'docs/recipes')
/** Packages that are too heavy to be installed here, in so far as the samples see them. */
const STAND_INS = fileURLToPath(new URL('stand-ins', import.meta.url))
const BLOCK = /^```tsx?\n\/\/ (\S+\.tsx?)\n([\s\S]*?)^```$/gm

/** Apart from the sources: loaders for TypeScript, in which tests run, would take those instead. */
const COMPILED = 'compiled'

const TSCONFIG = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: {
    composite: false,
    declarationMap: false,
    declaration: false,
    sourceMap: false,
    erasableSyntaxOnly: false,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    jsx: 'react-jsx',
    rootDir: '.',
    outDir: COMPILED,
  },
}

export const recipeNames: readonly string[] = readdirSync(PAGES)
  .filter(name => name.endsWith('.md') && name !== 'README.md')
  .map(name => name.slice(0, -'.md'.length))

/**
 * The samples of one page of docs/recipes, in a folder of their own in which `clowder` and the frameworks are installed. A sample is a fenced block of
 * TypeScript whose first line is a comment with its file's name. By these names they are run:
 *
 * - `app.ts` exports `makeApp`, an AppFactory of `clowder/testing`, with the routes that recipes.test.ts asks.
 * - `server.ts` listens at `PORT`, writes its address when it does, and ends at SIGTERM.
 */
export class Recipe {
  readonly name: string
  readonly files: readonly string[]
  readonly #surroundings = mkdtempSync(join(tmpdir(), 'clowder-recipe-'))
  readonly #folder = join(this.#surroundings, 'recipe')

  constructor(name: string) {
    this.name = name
    const page = readFileSync(join(PAGES, `${name}.md`), 'utf8')
    const samples = [...page.matchAll(BLOCK)].map(match => ({ file: match[1]!, text: match[2]! }))
    this.files = samples.map(({ file }) => file)
    for (const { file, text } of samples) this.#write(file, text)
    this.#write('package.json', JSON.stringify({ type: 'module' }))
    this.#write('tsconfig.json', JSON.stringify({ ...TSCONFIG, files: this.files }))
    symlinkSync(join(root, 'node_modules'), join(this.#surroundings, 'node_modules'))
    cpSync(STAND_INS, join(this.#folder, 'node_modules'), { recursive: true })
  }

  has(file: string): boolean {
    return this.files.includes(file)
  }

  /** Checks types as strictly as the repository's own and writes JavaScript. Returns what the compiler has to say: nothing, if all is well. */
  compile(): string {
    const compiler = join(root, 'node_modules/typescript-7/bin/tsc')
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', this.#folder], { encoding: 'utf8' })
    return `${stdout}${stderr}`
  }

  async makeApp(): Promise<AppFactory> {
    return (await this.load<{ makeApp: AppFactory }>('app.ts')).makeApp
  }

  load<T>(file: string): Promise<T> {
    return import(pathToFileURL(this.#compiled(file)).href)
  }

  /** A stand-in's module, the same that the samples import. */
  standIn<T>(path: string): Promise<T> {
    return import(pathToFileURL(join(this.#folder, 'node_modules', path)).href)
  }

  /** Starts a sample as a user would, alone. */
  run(file: string, env: Record<string, string>) {
    const { NODE_ENV, NODE_OPTIONS, ...inherited } = process.env
    return spawn(process.execPath, [this.#compiled(file)], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  remove(): void {
    rmSync(this.#surroundings, { recursive: true })
  }

  #compiled(file: string): string {
    return join(this.#folder, COMPILED, file.replace(/\.tsx?$/, '.js'))
  }

  #write(file: string, text: string): void {
    const path = join(this.#folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}
