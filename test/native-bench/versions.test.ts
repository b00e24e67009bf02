import { installedVersions, versionsOf } from '../../native-bench/engines/versions.js'
import type { Outcome, SuiteResults } from '../../native-bench/results.js'
import { describe, expect, it } from '../support/jest.js'

function suiteOf(outcomes: readonly Outcome[]): SuiteResults {
  const one = { name: 'q01', title: '', size: '', rows: null, axis: null, reference: 'duckdb', outcomes, remarks: [] }
  return { name: 'join', title: '', conditions: [], cases: [one] }
}

describe('versions', () => {
  it('are those of the installed packages', () => {
    const versions = installedVersions()
    expect(Object.keys(versions)).toEqual([
      'node',
      'volley',
      'duckdb',
      'polars',
      'arquero',
      'parquet-wasm',
      'hyparquet',
    ])
    expect(versions.node).toBe(process.versions.node)
    for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+/)
  })

  it('are listed of all that took part, whenever that was', () => {
    const versions = { node: '20.19.0', volley: '0.1.0', duckdb: '1.5.6', polars: '0.26.1', arquero: '8.0.3' }
    const [failed, absent] = [
      { status: 'failed', reason: 'out of memory' },
      { status: 'absent', reason: 'not installed' },
    ] as const
    const suites = [suiteOf([{ engine: 'duckdb', ...failed }]), suiteOf([{ engine: 'polars', ...absent }])]
    expect(versionsOf(suites, versions)).toEqual({ node: '20.19.0', volley: '0.1.0', duckdb: '1.5.6' })
  })
})
