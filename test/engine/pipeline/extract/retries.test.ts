/** Producers that fail for a reason that may pass. */

import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'
import { query } from '../../../support/streaming.js'

const scene = Scene.forFile({ threads: 2 })

beforeAll(() => {
  writeFileSync(
    scene.path('source.mjs'),
    `const busy = () => Object.assign(new Error('busy'), { retryable: true })
let failures = 0
export async function* pages({ fails, resumable }, { position }) {
  for (let page = position ?? 0; page < 5; page++) {
    if (page === fails && failures++ < 2) throw busy()
    yield { records: [{ id: page }], position: page + 1 }
  }
}
pages.resumable = true
export async function* late() {
  yield { id: 1 }
  throw busy()
}
`,
  )
})

const source = (name: string, kwargs: Readonly<Record<string, unknown>> = {}) => ({
  name,
  directory: scene.directory,
  mode: 'streaming' as const,
  retries: { count: 3, backoffMs: 1 },
  extract: { type: 'function' as const, module: './source.mjs', function: name, kwargs, schema: { id: 'int64' } },
  load: { path: `${name}.parquet`, mode: 'replace' as const },
})

describe('a producer with retries', () => {
  it('goes on where it stood', async () => {
    const { stages } = await scene.engine.pipeline(source('pages', { fails: 3 })).run()
    expect(stages[0]).toMatchObject({ kind: 'producer', retries: 2 })
    expect(await query(`select id::int as id from '${scene.path('pages.parquet')}' order by id`)).toEqual(
      [0, 1, 2, 3, 4].map((id) => ({ id })),
    )
  })

  it('fails if it cannot go on in the middle', async () => {
    await expect(scene.engine.pipeline(source('late')).run()).rejects.toMatchObject({ code: 'VOLLEY_USER_FUNCTION' })
  })
})
