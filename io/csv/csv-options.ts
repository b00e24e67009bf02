/** How CSV files are written, in both senses; RFC 4180 by default. */

import { VolleyError } from '../../planner/errors.js'
import type { DataType } from '../../planner/types.js'
import type { OutputOptions } from '../output-file.js'

export interface CsvFormat {
  readonly delimiter: string
  readonly quote: string
  /** Stands before a quote inside quotes. */
  readonly escape: string
}

export interface CsvReadOptions extends Partial<CsvFormat> {
  /** Whether the first record holds the names; default true. Without, they are `column0`, `column1`, ... */
  readonly header?: boolean
  /** Texts that stand for NULL; default only the empty one. */
  readonly nullStrings?: readonly string[]
  /** Types of some or all columns, by name; the others are inferred. */
  readonly types?: Readonly<Record<string, DataType>>
  /** Records that inference looks at; default 20,000. */
  readonly sampleRows?: number
}

export interface CsvWriteOptions extends Partial<CsvFormat>, OutputOptions {
  /** Default true. */
  readonly header?: boolean
  /** Written for NULL; default nothing. */
  readonly nullValue?: string
}

/** The format with defaults filled in. Throws VOLLEY_INVALID_ARGUMENT. */
export function csvFormat(options: Partial<CsvFormat>): CsvFormat {
  const quote = options.quote ?? '"'
  const format = { delimiter: options.delimiter ?? ',', quote, escape: options.escape ?? quote }
  for (const [name, value] of Object.entries(format)) {
    const isOneCharacter = name === 'delimiter' ? value.length > 0 : value.length === 1
    if (!isOneCharacter || /[\r\n]/.test(value)) {
      throw new VolleyError(
        'VOLLEY_INVALID_ARGUMENT',
        `CSV ${name} must be one character, got ${JSON.stringify(value)}`,
      )
    }
  }
  if (format.delimiter === format.quote) {
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `CSV delimiter and quote are both ${JSON.stringify(quote)}`)
  }
  return format
}
