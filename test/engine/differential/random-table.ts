/** Random rows with the columns of `everyType` that random pipelines take. */

import type { Draw } from './random-pipeline.js'

const MOST_PARTS = 4
const MOST_ROWS = 12
/** In the ranges that pipelines select, and multiples of 40, which they join. */
const IDS = Array.from({ length: 60 }, (_, i) => i * 40)

/** Values by name and type of the column; null comes as often as three of them. */
const COLUMNS: readonly (readonly [name: string, type: string, values: readonly string[]])[] = [
  ['small', 'integer', ['0', '1', '7', '99', '-1000000000', '1000000000']],
  ['i16', 'smallint', ['0', '-32768', '32767', '5', '50']],
  ['i32', 'integer', ['0', '1', '-5', '2147483647', '-2147483648', '70000']],
  ['u8', 'utinyint', ['0', '1', '255', '50']],
  ['price', 'decimal(12,2)', ['0', '0.01', '500', '9999999999.99', '-9999999999.99', '12.5']],
  ['d9', 'decimal(9,2)', ['0', '0.01', '-12.50', '9999999.99', '-9999999.99', '500']],
  ['f64', 'double', ["'nan'", "'-0.0'", '0', "'inf'", "'-inf'", '1.5', '1.7976931348623157e308', '5e-324', '-100']],
  ['ratio', 'double', ['0', '0.1', '-1e10', '1e300', "'nan'", '1.5']],
  ['text', 'varchar', ["''", "'k'", "'Zürich'", "'🎉 emoji'", "'a longer string than twelve bytes'", "'\u{10FFFF}'"]],
  ['color', 'varchar', ["'red'", "'green'", "'é'", "'e\u0301'"]],
  ['name', 'varchar', ["'name 1'", "'name 2'", "'名前'", "'x'"]],
  ['flag', 'boolean', ['true', 'false']],
  ['day', 'date', ["'1970-01-01'", "'0001-01-01'", "'2024-02-29'", "'9999-12-31'", "'1969-12-31'"]],
  ['d38', 'decimal(38,4)', ["'-99999999999999999999999999999999.9999'", "'0.0001'", "'500'", "'0'"]],
  ['moment', 'timestamp', ["'1969-12-31 23:59:59.999999'", "'2262-01-01'", "'2001-02-03 04:05:06'", "'0001-01-01'"]],
  ['clock', 'time', ["'00:00:00'", "'23:59:59.999999'", "'12:30:00'"]],
  ['bytes', 'blob', ["''", "'b3'", "'\\xff\\x00'", "'\\x00'"]],
  ['u64', 'ubigint', ['0', '1', '18446744073709551615', '500']],
]

/** Queries for the parts of a table, which has no row, one, or up to 48. */
export function randomTable(draw: Draw): string[] {
  const row = () => {
    const values = COLUMNS.map(([, type, list]) => `cast(${list[draw(list.length + 3)] ?? 'null'} as ${type})`)
    return `(${IDS[draw(IDS.length)]}::bigint, ${values.join(', ')})`
  }
  const parts = Array.from({ length: 1 + draw(MOST_PARTS) }, () => Array.from({ length: draw(MOST_ROWS + 1) }, row))
  const names = ['id', ...COLUMNS.map(([name]) => name)].join(', ')
  const nothing = `(0::bigint, ${COLUMNS.map(([, type]) => `null::${type}`).join(', ')})`
  return parts.map((rows) => {
    const [values, where] = rows.length === 0 ? [nothing, 'where false'] : [rows.join(', '), '']
    return `select * from (values ${values}) v(${names}) ${where}`
  })
}
