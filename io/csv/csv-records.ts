/** Cuts CSV files into records of text fields. */

import { VolleyError } from '../../planner/errors.js'
import { textChunks } from '../text-input.js'
import type { CsvFormat } from './csv-options.js'

export interface CsvRecord {
  readonly fields: readonly string[]
  /** Of its end, from 1. */
  readonly line: number
}

/** Records in order, a chunk of the file at a time. Throws VOLLEY_BAD_RECORD for quotes that do not match. */
export async function* csvRecords(path: string, format: CsvFormat): AsyncGenerator<readonly CsvRecord[]> {
  let records: CsvRecord[] = []
  let fault: Error | null = null
  // Loaded by those who read CSV: the engine starts sooner.
  const { parse } = await import('csv-parse')
  const parser = parse({
    delimiter: format.delimiter,
    quote: format.quote,
    escape: format.escape,
    relax_column_count: true,
    relax_quotes: true,
    record_delimiter: ['\r\n', '\n', '\r'],
  })
  // Takes records as they are parsed: a stream's queue would be slow, and the parser's `info` then that of later ones.
  const end = parser.push.bind(parser)
  parser.push = (fields: string[] | null) => {
    if (fields === null) return end(null)
    records.push({ fields, line: parser.info.lines })
    return true
  }
  parser.on('error', (error) => {
    fault = error
  })
  const take = (): readonly CsvRecord[] => {
    if (fault !== null) throw explain(path, fault)
    const taken = records
    records = []
    return taken
  }
  try {
    for await (const chunk of textChunks(path)) {
      await new Promise<void>((resolve) => parser.write(chunk, () => resolve()))
      yield take()
    }
    await new Promise<void>((resolve) => {
      parser.once('close', resolve).once('error', resolve).once('end', resolve)
      parser.resume().end()
    })
    yield take()
  } finally {
    parser.destroy()
  }
}

function explain(path: string, error: Error): VolleyError {
  const line = 'lines' in error && typeof error.lines === 'number' ? error.lines : undefined
  const where = line === undefined ? path : `${path}, line ${line}`
  return new VolleyError('VOLLEY_BAD_RECORD', `${where}: ${error.message}`, { path, line }, error)
}
