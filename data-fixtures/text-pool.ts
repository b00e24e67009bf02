/** A pool of English words of which texts are cut at any letter, as TPC-H's dbgen does. */

import { seededRandom } from './random.js'

const WORDS =
  'about above according accounts across after against along among asymptotes at attainments beside between blithely bold brave busy careful carefully close courts daring dependencies deposits detect dogged doggedly dolphins engage epitaphs escapades even evenly excuses express final fluffily foxes frays furiously gifts grouches grow haggle hockey ideas impress instructions integrate ironic kindle nag packages pending permanent pinto platelets players quick quickly quiet realms regular requests ruthless sauternes sentiments sheaves silent slyly special stealthy theodolites thin use waters wake warhorses'.split(
    ' ',
  )

const LENGTH = 16_384

/** Plain ASCII without quotes, the same 16,384 letters at every call. */
export function textPool(): string {
  const random = seededRandom(19_920_101)
  let text = ''
  while (text.length < LENGTH)
    text += `${random.pick(WORDS)}${random.chance(0.1) ? ', ' : random.chance(0.1) ? '. ' : ' '}`
  return text.slice(0, LENGTH)
}
