/** The order of test files: those that take longest begin first, so that no processor waits for the other in the end. */

import Sequencer from '@jest/test-sequencer'

/** Longest first. Of itself, Jest knows times of earlier runs on the same machine, and else goes by the sizes of files. */
const LONG = [
  // What other files leave free in a process would be more than its limits have for DuckDB.
  'engine/faults/duckdb-limits',
  'engine/differential/scalar-functions',
  'engine/memory/steady',
  'native-bench/trials',
  'docs/snippets',
  'planner/duckdb-sql/pushdown',
  'engine/differential/operators',
  'engine/differential/aggregates',
  'engine/differential/joins',
  'engine/strategies/partitioned-join',
  'engine/strategies/switching',
  'cli/transform',
  'engine/differential/windows',
  'engine/strategies/external-sort',
  'docs/pipeline-examples',
].map((name) => `/dist/test/${name}.test.js`)

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONG.findIndex((end) => path.endsWith(end))
      return index < 0 ? LONG.length : index
    }
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b))
  }
}
