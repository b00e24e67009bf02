/** The published types, as a strict TypeScript project without the DOM sees them: dependencies' checks not skipped. */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from '../support/jest.js'
import { Scene } from '../support/scene.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const scene = Scene.forFile({ threads: 1 })

const PROGRAM = `
import { type ColumnTypes, col, Component, count, type Emit, type Engine, type ExecutionStrategy, type Frame, open, type OverOptions, type RunReport, sum } from 'volley'

const types: ColumnTypes = { id: 'int32' }
const over: OverOptions = { partitionBy: 'country' }
await using engine: Engine = await open({ threads: 1, memoryLimit: '64MB' })
const frame: Frame = engine
  .scanCsv('a.csv', { types })
  .withColumns({ total: sum('price').over(over), next: col('id').add(1) })
  .mapRows(async (row) => (row['id'] === 1 ? undefined : row), { schema: { id: 'int32' } })
  .mapBatches((batch) => ({ n: Int32Array.of(batch.numRows), t: ['x'] }), { schema: { n: 'int32', t: 'utf8' } })
const report: RunReport = await frame.groupBy('t').agg({ n: count() }).sinkParquet('out.parquet', { compression: 'zstd' })
for await (const row of frame.rows({ signal: AbortSignal.timeout(1000) })) console.log(row['n'], report.rowsOut)
class Words extends Component {
  readonly name = 'words'
  readonly schema = { word: 'utf8' }
  override readonly ports = { rejects: { id: 'int32' } }
  override processRow(row: Record<string, unknown>, emit: Emit): void {
    emit({ word: row['t'] })
    emit([{ id: row['id'] }], 'rejects')
  }
}
const strategy: ExecutionStrategy = {
  name: 'mine',
  supports: ({ processRow }) => (processRow === undefined ? { reason: 'it has no processRow' } : true),
  execute: (component, payload, metrics) => engine.strategy('bulk').execute(component, payload, metrics),
}
engine.registerStrategy(strategy)
await frame.apply(new Words()).count({ strategy: 'mine', ports: { rejects: async (batch) => console.log(batch.numRows) } })
// @ts-expect-error There is no such option.
frame.sort({ by: 'n', desc: true })
`

it('resolve and hold', () => {
  writeFileSync(scene.path('program.mts'), PROGRAM)
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [`${root}node_modules/@types`],
    paths: { volley: [`${root}dist/index.d.ts`] },
  }
  writeFileSync(scene.path('tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.mts'] }))
  const compiler = `${root}node_modules/typescript/bin/tsc`
  let output = ''
  try {
    execFileSync(process.execPath, [compiler, '-p', scene.path('tsconfig.json')], { encoding: 'utf8' })
  } catch (error) {
    output = (error as { readonly stdout: string }).stdout
  }
  expect(output).toBe('')
})
