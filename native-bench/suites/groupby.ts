/** The group-by questions of db-benchmark. */

import type { RaceSuite } from '../races/race.js'
import { GROUP_QUESTIONS } from './db-benchmark/group-questions.js'
import { memoryRaces } from './db-benchmark/memory-race.js'

export const groupby: RaceSuite = {
  name: 'groupby',
  title: 'Group by, in memory (the questions of db-benchmark)',
  conditions: [
    'The columns of a question are loaded before; texts are plain strings in every engine.',
    'A run leaves its result in the memory of the engine: as a table of DuckDB, of Arrow, as a data frame, as objects.',
    'The data follow the generator of db-benchmark, G1 with 100 groups, without missing values, not sorted: a hundred large groups, or many of about a hundred rows.',
    'volley has no corr: q09 takes the square of the correlation from sums. Plain JavaScript groups an array of objects with a Map.',
    'q10 is left out at size large: its result is as large as its input.',
  ],
  races: GROUP_QUESTIONS.flatMap((question) => memoryRaces('groupby', question)),
  quick: ['q01', 'q03', 'q05'],
}
