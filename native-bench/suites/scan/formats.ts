/** lineitem in every format, read whole. */

import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { ColumnTable } from 'arquero'
import type { FormatName } from '../../../data-fixtures/bench-tables.js'
import type { Engine, Frame } from '../../../index.js'
import { type Answer, numberCell } from '../../answers.js'
import { type ArqueroEngine, arqueroAnswer } from '../../engines/arquero.js'
import { duckDbAnswer } from '../../engines/duckdb.js'
import { type Polars, type PolarsFrame, polarsAnswer } from '../../engines/polars.js'
import { volleyAnswer } from '../../engines/volley.js'
import { contestant, type Entrant, type Race } from '../../races/race.js'
import { codecAnswer, hyparquetSums, parquetWasmSums } from './codec-sums.js'
import { ALL_COLUMNS, arqueroSums, LINEITEM, polarsSums, sqlSums } from './lineitem-sums.js'

type Engines = Race['engines']

const sums = sqlSums(ALL_COLUMNS)

function volley(format: FormatName, scan: (engine: Engine, path: string) => Frame): Entrant {
  return async (field) => {
    const [{ engine }, files] = [await field.volley(), await field.tables.formats()]
    return contestant(
      () => scan(engine, files[format]).groupBy().agg(sums).collect(),
      async (table) => volleyAnswer(table),
    )
  }
}

/** Its own guess at the format, by the file's extension. */
function duckdb(format: FormatName): Entrant {
  return async (field) => {
    const [{ query }, files] = [await field.duckdb(), await field.tables.formats()]
    return contestant(
      () => query(`select ${Object.values(sums).join(', ')} from '${files[format]}'`),
      async (rows) => duckDbAnswer(rows),
    )
  }
}

function polars(format: FormatName, scan: (pl: Polars, path: string) => PolarsFrame): Entrant {
  return async (field) => {
    const [engine, files] = [await field.polars(), await field.tables.formats()]
    return contestant(
      () =>
        scan(engine.pl, files[format])
          .select(...polarsSums(engine, ALL_COLUMNS))
          .collect(),
      async (data) => polarsAnswer(engine, data),
    )
  }
}

function arquero(format: FormatName, load: (aq: ArqueroEngine['aq'], path: string) => Promise<ColumnTable>): Entrant {
  return async (field) => {
    const [{ aq }, files] = [await field.arquero(), await field.tables.formats()]
    return contestant(
      async () => (await load(aq, files[format])).rollup(arqueroSums(ALL_COLUMNS)),
      async (table) => arqueroAnswer(table),
    )
  }
}

/** CSV is loaded as one text: by the stream, `loadCSV` loses characters of quoted values where two chunks meet. */
async function arqueroCsv(aq: ArqueroEngine['aq'], bytes: Promise<Buffer>): Promise<ColumnTable> {
  return aq.fromCSV((await bytes).toString('utf8'))
}

async function unzipped(path: string): Promise<Buffer> {
  return promisify(gunzip)(await readFile(path))
}

/** A line at a time: the text of a whole file may be longer than strings can be. */
const recordsOfNdjson: Entrant = async ({ tables }) => {
  const { ndjson } = await tables.formats()
  return contestant(
    () => sumLines(ndjson),
    async (answer) => answer,
  )
}

async function sumLines(path: string): Promise<Answer> {
  const kinds = Object.entries(LINEITEM)
  const totals: (number | string)[] = kinds.map(([, kind]) => (kind === 'date' ? '' : 0))
  let lines = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const record = JSON.parse(line) as Record<string, number | string>
    lines++
    for (let i = 0; i < kinds.length; i++) {
      const [name, kind] = kinds[i]
      const value = record[name]
      if (kind === 'date') {
        if (value > totals[i]) totals[i] = value
      } else totals[i] = (totals[i] as number) + (kind === 'text' ? (value as string).length : (value as number))
    }
  }
  return [[numberCell(lines), ...totals.map((total) => (typeof total === 'number' ? numberCell(total) : total))]]
}

function parquet(format: FormatName): Engines {
  return {
    volley: volley(format, (engine, path) => engine.scanParquet(path)),
    duckdb: duckdb(format),
    polars: polars(format, (pl, path) => pl.scanParquet(path)),
    'parquet-wasm': async (field) => {
      const [engine, files] = [await field.parquetWasm(), await field.tables.formats()]
      return contestant(
        () => parquetWasmSums(engine, files[format], null),
        async (result) => codecAnswer(result),
      )
    },
    hyparquet: async (field) => {
      const [engine, files] = [await field.hyparquet(), await field.tables.formats()]
      return contestant(
        () => hyparquetSums(engine, files[format], null),
        async (result) => codecAnswer(result),
      )
    },
  }
}

const FORMATS: Readonly<Record<FormatName, { readonly title: string; readonly engines: Engines }>> = {
  'parquet-snappy': { title: 'Parquet, Snappy', engines: parquet('parquet-snappy') },
  'parquet-zstd': { title: 'Parquet, Zstandard', engines: parquet('parquet-zstd') },
  'parquet-gzip': { title: 'Parquet, gzip', engines: parquet('parquet-gzip') },
  'parquet-none': { title: 'Parquet, uncompressed', engines: parquet('parquet-none') },
  arrow: {
    title: 'Arrow IPC file',
    engines: {
      volley: volley('arrow', (engine, path) => engine.scanArrow(path)),
      duckdb: 'reads Arrow files with an extension only, which has to be downloaded',
      polars: polars('arrow', (pl, path) => pl.scanIPC(path)),
      arquero: arquero('arrow', (aq, path) => aq.loadArrow(path)),
    },
  },
  csv: {
    title: 'CSV',
    engines: {
      volley: volley('csv', (engine, path) => engine.scanCsv(path)),
      duckdb: duckdb('csv'),
      polars: polars('csv', (pl, path) => pl.scanCSV(path)),
      arquero: arquero('csv', (aq, path) => arqueroCsv(aq, readFile(path))),
    },
  },
  'csv-gzip': {
    title: 'CSV, gzipped',
    engines: {
      volley: volley('csv-gzip', (engine, path) => engine.scanCsv(path)),
      duckdb: duckdb('csv-gzip'),
      polars: polars('csv-gzip', (pl, path) => pl.scanCSV(path)),
      arquero: arquero('csv-gzip', (aq, path) => arqueroCsv(aq, unzipped(path))),
    },
  },
  ndjson: {
    title: 'Newline-delimited JSON',
    engines: {
      volley: volley('ndjson', (engine, path) => engine.scanNdjson(path)),
      duckdb: duckdb('ndjson'),
      polars: polars('ndjson', (pl, path) => pl.scanJson(path)),
      arquero: arquero('ndjson', (aq, path) => aq.loadJSON(path, { type: 'ndjson' })),
      records: recordsOfNdjson,
    },
  },
}

export const FORMAT_RACES: readonly Race[] = Object.entries(FORMATS).map(([name, { title, engines }]) => ({
  name,
  title: `${title}, all ${ALL_COLUMNS.length} columns`,
  // Not large: the same rows are 2 GB of JSON, which some of the engines would hold.
  sizes: ['small', 'medium'],
  engines,
}))
