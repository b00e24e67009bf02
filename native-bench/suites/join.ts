/** The join questions of db-benchmark. */

import type { RaceSuite } from '../races/race.js'
import { JOIN_QUESTIONS } from './db-benchmark/join-questions.js'
import { memoryRaces } from './db-benchmark/memory-race.js'

export const join: RaceSuite = {
  name: 'join',
  title: 'Joins, in memory (the questions of db-benchmark)',
  conditions: [
    'The tables are loaded before; texts are plain strings in every engine.',
    'A run leaves its result, with all columns of both tables, in the memory of the engine: as a table of DuckDB, of Arrow, as a data frame, as objects.',
    'The data follow the generator of db-benchmark, J1 without missing values, not sorted: the other table has a millionth, a thousandth or all of the rows, but at least ten; nine tenths of the keys match.',
    'Plain JavaScript joins arrays of objects with a Map.',
  ],
  races: JOIN_QUESTIONS.flatMap((question) => memoryRaces('join', question)),
  quick: ['q01', 'q05'],
}
