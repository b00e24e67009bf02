import { type RunOptions, VolleyError } from '../../../index.js'
import { InternalError, packError, unpackError } from '../../../planner/errors.js'
import { describe, expect, it } from '../../support/jest.js'
import { failure, modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 1 })
const records = [{ id: 1n }, { id: 2n }]
const schema = { id: 'int64' } as const

/** Names and messages of an error and its causes, outermost first. */
function chain(error: unknown): string[] {
  return error instanceof Error ? [`${error.name}: ${error.message}`, ...chain(error.cause)] : []
}

describe('causes', () => {
  it.each(['row', 'bulk', 'bigdata'] as const)('of a function keep their names and causes in %s', async (strategy) => {
    const call = { module: modulePath('flaky.mjs'), function: 'refusesForReason' }
    const frame = scene.engine.fromRecords(records, schema).mapRows(call, { schema })
    const error = await failure(() => frame.collect({ strategy } as RunOptions))
    expect(chain(error).slice(1)).toEqual(['TypeError: no 1', 'RangeError: too small', 'Error: by 3'])
  })

  it('survive the way between threads, circles cut', () => {
    const inner = new RangeError('inner')
    const error = new VolleyError('VOLLEY_IO', 'outer', { path: 'x' }, new TypeError('middle', { cause: inner }))
    const crossed = unpackError(structuredClone(packError(error)))
    expect(crossed).toBeInstanceOf(VolleyError)
    expect(chain(crossed)).toEqual(['VolleyError: outer', 'TypeError: middle', 'RangeError: inner'])
    expect(unpackError(packError(new InternalError('broken')))).toBeInstanceOf(InternalError)
    inner.cause = inner
    expect(chain(unpackError(packError(inner))).length).toBeGreaterThan(2)
    expect(chain(unpackError(packError('text')))).toEqual(['Error: text'])
  })
})
