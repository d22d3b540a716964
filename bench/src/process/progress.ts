/** One line on standard error that says what is going on: rewritten in place on a terminal. */
export class Progress {
  readonly #startedAt = Date.now()
  readonly #isTerminal = process.stderr.isTTY === true
  #lastStage = ''

  /** Without a terminal only a new `stage` is worth a line. */
  tell(stage: string, detail = ''): void {
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000)
    if (this.#isTerminal) process.stderr.write(`\r\x1b[K${seconds} s  ${stage}${detail && `: ${detail}`}`)
    else if (stage !== this.#lastStage) process.stderr.write(`${seconds} s  ${stage}\n`)
    this.#lastStage = stage
  }

  note(text: string): void {
    process.stderr.write(`${this.#isTerminal ? '\r\x1b[K' : ''}${text}\n`)
  }

  done(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K')
  }
}
