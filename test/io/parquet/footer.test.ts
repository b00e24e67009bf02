import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readFooter } from '../../../io/parquet/footer.js'
import { FileField, thriftField } from '../../../io/parquet/metadata.js'
import { openParquet } from '../../../io/parquet/open-file.js'
import { readThriftStruct, type ThriftStruct, writeThriftStruct } from '../../../io/parquet/thrift.js'
import { VolleyError } from '../../../planner/errors.js'
import { typeName } from '../../../planner/types.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun, temporaryDirectory } from '../../support/parquet-files.js'
import { seeded } from '../../support/parquet-tables.js'

const directory = temporaryDirectory()
const good = join(directory, 'good.parquet')
let bytes: Buffer

beforeAll(async () => {
  await duckdbRun(`copy (select i, 'v' || i as t from range(1000) r(i)) to '${good}'`)
  bytes = readFileSync(good)
})

function failure(content: Uint8Array | string): VolleyError {
  const path = typeof content === 'string' ? content : join(directory, 'bad.parquet')
  if (typeof content !== 'string') writeFileSync(path, content)
  try {
    openParquet(path)
  } catch (error) {
    if (error instanceof VolleyError) {
      expect(error.message).toContain(path)
      return error
    }
    throw error
  }
  throw new Error('no failure')
}

/** The good file with another footer. */
function withFooter(change: (tree: ThriftStruct) => void): Buffer {
  const length = bytes.readUInt32LE(bytes.length - 8)
  const { struct } = readThriftStruct(bytes.subarray(bytes.length - 8 - length))
  change(struct)
  const footer = writeThriftStruct(struct)
  const tail = Buffer.alloc(8, 'PAR1PAR1')
  tail.writeUInt32LE(footer.length)
  return Buffer.concat([bytes.subarray(0, bytes.length - 8 - length), footer, tail])
}

describe('readFooter', () => {
  it('reads rows, row groups and where the file came from', () => {
    const footer = readFooter(good)
    expect(footer.fileBytes).toBe(bytes.length)
    expect(footer.metadata.rows).toBe(1000)
    expect(footer.metadata.createdBy).toContain('DuckDB')
    expect(footer.metadata.rowGroups[0].columns.map((chunk) => chunk.path)).toEqual([['i'], ['t']])
  })

  it('says what is wrong with what is no complete Parquet file', () => {
    expect(failure(join(directory, 'absent.parquet')).code).toBe('VOLLEY_FILE_NOT_FOUND')
    expect(failure(directory).code).toBe('VOLLEY_IO')
    expect(failure(Buffer.alloc(0)).code).toBe('VOLLEY_NOT_PARQUET')
    expect(failure(Buffer.from('a,b\n1,2\n')).code).toBe('VOLLEY_NOT_PARQUET')
    expect(failure(Buffer.from('PAR1')).code).toBe('VOLLEY_TRUNCATED_FILE')
    expect(failure(bytes.subarray(0, bytes.length - 10)).code).toBe('VOLLEY_TRUNCATED_FILE')
    expect(failure(bytes.subarray(0, 500)).code).toBe('VOLLEY_TRUNCATED_FILE')
    const long = Buffer.from(bytes)
    long.writeUInt32LE(bytes.length, bytes.length - 8)
    expect(failure(long).code).toBe('VOLLEY_TRUNCATED_FILE')
    const encrypted = Buffer.from(bytes)
    encrypted.write('PARE', bytes.length - 4)
    expect(failure(encrypted).code).toBe('VOLLEY_UNSUPPORTED')
  })

  it('refuses to read what it may not', () => {
    const path = join(directory, 'closed.parquet')
    writeFileSync(path, bytes)
    chmodSync(path, 0)
    // The superuser may read everything.
    if (process.getuid?.() !== 0) expect(failure(path).code).toBe('VOLLEY_IO')
    mkdirSync(join(directory, 'folder.parquet'))
    expect(failure(join(directory, 'folder.parquet')).message).toContain('directory')
  })

  it('finds footers that contradict themselves', () => {
    expect(failure(withFooter((tree) => tree.set(FileField.ROWS, thriftField.i64(999)))).code).toBe(
      'VOLLEY_CORRUPT_FILE',
    )
    expect(failure(withFooter((tree) => tree.delete(FileField.SCHEMA))).code).toBe('VOLLEY_CORRUPT_FILE')
    const noBytes = Buffer.concat([
      bytes.subarray(0, 4),
      bytes.subarray(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)),
    ])
    const outside = failure(noBytes)
    expect(outside.code).toBe('VOLLEY_CORRUPT_FILE')
    expect(outside.message).toContain('row group 0')
  })

  it('never fails in another way, whatever bytes are changed', () => {
    const draw = seeded(3)
    const length = bytes.readUInt32LE(bytes.length - 8)
    for (let round = 0; round < 300; round++) {
      const broken = Buffer.from(bytes)
      for (let i = 0; i < 2; i++) broken[bytes.length - 8 - Math.floor(draw() * length) - 1] = Math.floor(draw() * 256)
      const path = join(directory, 'fuzz.parquet')
      writeFileSync(path, broken)
      try {
        openParquet(path)
      } catch (error) {
        expect(error).toBeInstanceOf(VolleyError)
      }
    }
  })
})

describe('toSchema', () => {
  it('has the types that DuckDB sees', async () => {
    const path = join(directory, 'types.parquet')
    const columns = {
      a: '1::decimal(9,2)|DECIMAL(9,2)',
      b: '1::decimal(38,5)|DECIMAL(38,5)',
      c: '1::utinyint|UTINYINT',
      d: '1::ubigint|UBIGINT',
      e: "'x'|VARCHAR",
      f: "'x'::blob|BLOB",
      g: 'uuid()|BLOB',
      h: "timestamptz '2020-01-01'|TIMESTAMP WITH TIME ZONE 'UTC'",
      i: "timestamp_ms '2020-01-01'|TIMESTAMP_MS",
      j: "timestamp_ns '2020-01-01'|TIMESTAMP_NS",
      k: "time '10:00'|TIME",
      l: "date '2020-01-01'|DATE",
      m: '[1, 2]|INTEGER[]',
      n: "{'a': [{'b': 1}]}|STRUCT(a STRUCT(b INTEGER)[])",
      o: "map {'k': 1.5::double}|MAP(VARCHAR, DOUBLE)",
      p: "'red'::enum('red', 'green')|VARCHAR",
      q: '1::smallint|SMALLINT',
      r: '1.5::float|FLOAT',
      s: 'true|BOOLEAN',
      t: '\'{"a":1}\'::json|VARCHAR',
    }
    const select = Object.entries(columns).map(([name, text]) => `${text.split('|')[0]} as ${name}`)
    await duckdbRun(`copy (select ${select.join(', ')}) to '${path}'`)
    const { schema } = openParquet(path)
    expect(Object.fromEntries(schema.fields.map(({ name, type }) => [name, typeName(type)]))).toEqual(
      Object.fromEntries(Object.entries(columns).map(([name, text]) => [name, text.split('|')[1]])),
    )
  })

  it('refuses intervals by name', async () => {
    const path = join(directory, 'interval.parquet')
    await duckdbRun(`copy (select interval 1 day as pause) to '${path}'`)
    const error = failure(path)
    expect([error.code, error.details.column]).toEqual(['VOLLEY_UNSUPPORTED', 'pause'])
  })
})
