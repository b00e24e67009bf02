/** The named arguments of `read_csv` and its like in SQL, as options of a scan. */

import { VolleyError } from '../planner/errors.js'
import type { ScalarValue } from '../planner/expression.js'
import type { TableReference } from '../planner/sql/expand.js'

type Format = NonNullable<TableReference['format']>

/** Names in lower case, as DuckDB has them. */
const OPTIONS: Readonly<Record<Format, Readonly<Record<string, string>>>> = {
  parquet: { hive_partitioning: 'hivePartitioning' },
  csv: {
    delim: 'delimiter',
    sep: 'delimiter',
    quote: 'quote',
    escape: 'escape',
    header: 'header',
    nullstr: 'nullStrings',
    sample_size: 'sampleRows',
  },
  ndjson: { sample_size: 'sampleRows' },
  arrow: {},
}

/** Throws VOLLEY_UNSUPPORTED for an argument that no option stands for. */
export function scanOptionsOf({ format, options, position }: TableReference): object {
  if (format === null) return {}
  const known = OPTIONS[format]
  const given = Object.entries(options).map(([name, value]) => {
    if (Object.hasOwn(known, name)) return [known[name], optionValue(known[name], value)]
    const message = `the option ${name} of a table function that reads ${format} is not supported`
    const expected = Object.keys(known).join(', ') || 'no options'
    throw new VolleyError('VOLLEY_UNSUPPORTED', `${message} (supported: ${expected})`, {
      expected,
      actual: name,
      ...(position === undefined ? {} : { position }),
    })
  })
  return Object.fromEntries(given) as object
}

function optionValue(option: string, value: ScalarValue): unknown {
  if (option === 'nullStrings') return Array.isArray(value) ? value : [value]
  return option === 'sampleRows' ? Number(value) : value
}
