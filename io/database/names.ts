/** Names in the SQL of all the databases: quoted as the standard says. */

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A table, its schema before it if there is one: `sales.orders`. */
export function quoteTable(table: string): string {
  return table.split('.').map(quoteName).join('.')
}

export function columnList(names: readonly string[], prefix = ''): string {
  return names.map((name) => prefix + quoteName(name)).join(', ')
}
