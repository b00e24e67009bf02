/** What a user's function threw, in words. */

/** With the advice that those need who meet their first 64-bit integer. */
export function thrownMessage(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const { name, message } = cause
  if (name !== 'TypeError' || !message.includes('BigInt')) return message
  return `${message} (values of BIGINT columns are bigint: Number(value) makes them numbers, and so does a column of type integer or double)`
}
