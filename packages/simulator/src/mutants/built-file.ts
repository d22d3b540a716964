/** Where an edit's file lies: the same seen from this file's source and from its built twin. */
export function builtFile(file: string): URL {
  const slash = file.indexOf('/')
  return new URL(`../../../${file.slice(0, slash)}/dist/${file.slice(slash + 1)}`, import.meta.url)
}
