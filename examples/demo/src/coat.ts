/** A node's name and the colour that it has everywhere. */
export interface Coat {
  readonly name: string
  /** Of the 256 colours of a terminal. */
  readonly ansi: number
  readonly css: string
}

export const COATS: readonly Coat[] = [
  { name: 'ginger', ansi: 208, css: '#e8772e' },
  { name: 'blue', ansi: 75, css: '#4a90d9' },
  { name: 'lilac', ansi: 141, css: '#9d6fd0' },
  { name: 'olive', ansi: 107, css: '#7d9a3c' },
  { name: 'rose', ansi: 204, css: '#d9557f' },
  { name: 'sand', ansi: 179, css: '#b8903f' },
]
