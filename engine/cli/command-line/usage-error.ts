/** A command line that does not say what to do. Ends in exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'

  constructor(
    message: string,
    /** One line that helps to get it right, or null. */
    readonly hint: string | null = null,
  ) {
    super(message)
  }
}
