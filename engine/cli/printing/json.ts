/** JSON of what commands print: integers beyond 2^53 and bytes become text. */

export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value, replacer)}\n`
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, replacer, 2)}\n`
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return [...value]
  return value
}
