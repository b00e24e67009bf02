/** Plain data. */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue }

/** A copy that nobody can change. Throws what `JSON.stringify` throws for what is not plain data. */
export function frozenCopy<T extends JsonValue>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, part: JsonValue) => Object.freeze(part))
}
