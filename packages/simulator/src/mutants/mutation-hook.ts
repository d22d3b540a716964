import { readFile } from 'node:fs/promises'
import type { InitializeHook, LoadHook } from 'node:module'
import type { MessagePort } from 'node:worker_threads'
import { builtFile } from './built-file.js'
import { editedSource } from './edited-source.js'
import type { Edit, Mutant } from './mutant.js'

// Hooks of Node's module loader (`module.register`): they run on a thread of their own, and change a built file while it is loaded. On the disk nothing changes.

export interface HookData {
  readonly mutant: Pick<Mutant, 'name' | 'edits'>
  /** Hears the name of each file that was changed. */
  readonly port: MessagePort
}

let planted: HookData | undefined
let edits = new Map<string, readonly Edit[]>()

export const initialize: InitializeHook<HookData> = data => {
  planted = data
  edits = new Map(data.mutant.edits.map(({ file }) => [builtFile(file).href, editsOf(data.mutant, file)]))
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const due = edits.get(url)
  if (!due || !planted) return nextLoad(url, context)
  const { mutant, port } = planted
  const source = due.reduce((text, edit) => editedSource(text, edit, mutant.name), await readFile(new URL(url), 'utf8'))
  port.postMessage(due[0]!.file)
  return { format: 'module', source, shortCircuit: true }
}

function editsOf({ edits }: HookData['mutant'], file: string): readonly Edit[] {
  return edits.filter(edit => edit.file === file)
}
