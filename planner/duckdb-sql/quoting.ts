/** Names and texts as DuckDB's SQL takes them. */

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A string constant. A zero character, which would end the statement, is joined in. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return quoted.includes('\0') ? `(${quoted.replaceAll('\0', "' || chr(0) || '")})` : quoted
}
