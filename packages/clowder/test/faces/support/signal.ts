/** A promise that the test keeps. */
export class Signal<T = void> {
  readonly promise: Promise<T>
  resolve!: (value: T) => void

  constructor() {
    this.promise = new Promise(resolve => {
      this.resolve = resolve
    })
  }
}
