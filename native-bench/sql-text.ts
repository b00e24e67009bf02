/** Values as DuckDB's SQL text. */

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function fileList(paths: readonly string[]): string {
  return `[${paths.map(sqlText).join(', ')}]`
}
