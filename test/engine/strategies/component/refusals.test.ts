/** What cannot run is refused before anything is read, and what fails says where. */

import { Component, type Emit, type ExecutionStrategy, open } from '../../../../index.js'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { failure, Scene } from '../../../support/scene.js'
import { delegates, numbers, Repeat, RepeatQuery } from './components.js'

const scene = Scene.forFile({ threads: 1 })
beforeAll(() => {
  delegates(scene.engine)
})

const SCHEMA = { id: 'int32' }
/** A component of these members. */
const component = (members: object): Component =>
  Object.assign(
    new (class extends Component {
      readonly name = 'mine'
      readonly schema = SCHEMA
    })(),
    members,
  )

async function refused(work: () => unknown, code: string, message: string | RegExp): Promise<void> {
  const error = await failure(async () => work())
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)])
}

describe('where it is applied', () => {
  it.each<[string, () => Component]>([
    ["component 'mine' has none of the methods processRow, processBulk, processBigData", () => component({})],
    ["is 'processRows' meant to be 'processRow'", () => component({ processRows: () => null })],
    ['processRow of component .mine. is a method, not 5', () => component({ processRow: 5 })],
    ['the name of a component is a name', () => component({ name: '', processRow: () => null })],
    [
      "schema of port 'main' .* describes its columns, not undefined",
      () => component({ schema: undefined, processRow: () => null }),
    ],
    ['there is no type named "int33"', () => component({ schema: { id: 'int33' }, processRow: () => null })],
    ["ports .* are those beside 'main'", () => component({ ports: { main: SCHEMA }, processRow: () => null })],
    ['apply takes an instance of a class that extends Component, not a class', () => Repeat as unknown as Component],
  ])('%s', async (message, make) => {
    await refused(() => numbers(scene.engine, 1).apply(make()), 'VOLLEY_INVALID_ARGUMENT', new RegExp(message))
  })
})

describe('at planning', () => {
  it('a query under strategies that have no tables', async () => {
    const frame = numbers(scene.engine, 1).apply(new RepeatQuery())
    for (const strategy of ['asRow', 'asBulk', 'bulk']) {
      const reason = `strategy '${strategy}' cannot run component 'repeat': it has only processBigData, which needs all`
      await refused(() => frame.count({ strategy }), 'VOLLEY_UNSUPPORTED', reason)
    }
  })

  it('unknown strategies and ports', async () => {
    const frame = numbers(scene.engine, 1).apply(new Repeat())
    const names = "'auto', 'row', 'bulk', 'bigdata', 'asRow', 'asBulk', not 'asrow'; did you mean 'asRow'"
    await refused(() => frame.count({ strategy: 'asrow' }), 'VOLLEY_INVALID_ARGUMENT', names)
    const unknown = "no component of the plan has a port 'reject', only 'rejects'; did you mean 'rejects'"
    await refused(() => frame.count({ ports: { reject: () => {} } }), 'VOLLEY_INVALID_ARGUMENT', unknown)
    const wrong = { ports: { rejects: 5 as unknown as () => void } }
    await refused(() => frame.count(wrong), 'VOLLEY_INVALID_ARGUMENT', "what takes port 'rejects' is a function, not 5")
  })

  it('a strategy under a name that is taken, and what is none', async () => {
    const { engine } = scene
    const strategy = (name: string) => ({ ...engine.strategy('bulk'), name })
    await refused(() => engine.registerStrategy(strategy('row')), 'VOLLEY_INVALID_ARGUMENT', "cannot be called 'row'")
    await refused(
      () => engine.registerStrategy(strategy('asRow')),
      'VOLLEY_INVALID_ARGUMENT',
      "a strategy 'asRow' already",
    )
    const half = { name: 'half' } as ExecutionStrategy
    await refused(
      () => engine.registerStrategy(half),
      'VOLLEY_INVALID_ARGUMENT',
      "supports of strategy 'half' is a method",
    )
    await refused(() => engine.strategy('auto' as 'row'), 'VOLLEY_INVALID_ARGUMENT', "strategy is 'row'")
    await refused(() => open({ strategy: half }), 'VOLLEY_INVALID_ARGUMENT', "supports of strategy 'half'")
  })
})

describe.each(['asRow', 'asBulk'])('while it runs %s', (strategy) => {
  const run = (members: object) => () => numbers(scene.engine, 1000).apply(component(members)).count({ strategy })
  const boom = () => {
    throw new RangeError('boom')
  }

  it('a method that throws is named with its row', async () => {
    const processRow = ({ id }: Record<string, unknown>) => (id === 700 ? boom() : null)
    const error = await failure(run({ processRow }))
    expect([error.code, error.message]).toEqual([
      'VOLLEY_USER_FUNCTION',
      "processRow of component 'mine' failed at row 700: boom",
    ])
    expect(error.details).toEqual({ component: 'mine', method: 'processRow', row: 700 })
    expect(error.cause).toBeInstanceOf(RangeError)
    await refused(run({ processRow: async () => boom() }), 'VOLLEY_USER_FUNCTION', 'at row 0: boom')
    const batch = "processBulk of component 'mine' failed at the batch that begins with row 0: boom"
    await refused(run({ processBulk: boom }), 'VOLLEY_USER_FUNCTION', batch)
    const rest = { processRow: () => null }
    await refused(run({ ...rest, start: boom }), 'VOLLEY_USER_FUNCTION', "start of component 'mine' failed: boom")
    await refused(run({ ...rest, finish: boom }), 'VOLLEY_USER_FUNCTION', "finish of component 'mine' failed: boom")
  })

  it('a record that does not fit its port is named with the row it came of', async () => {
    const processRow = ({ id }: Record<string, unknown>, emit: Emit) => {
      if (id === 70) emit({ id: 'seventy' })
    }
    const message = "emitted a record to port 'main' for row 70 that does not fit: column id: expected INTEGER"
    await refused(run({ processRow }), 'VOLLEY_BAD_RECORD', message)
    await refused(run({ processRow: () => 5 }), 'VOLLEY_USER_FUNCTION', "emitted 5 to port 'main': expected a row")
    const lost = (_: unknown, emit: Emit) => emit({ id: 1 }, 'man')
    await refused(
      run({ processRow: lost }),
      'VOLLEY_USER_FUNCTION',
      "has no port 'man', only 'main'; did you mean 'main'",
    )
  })

  it('a batch of other columns is refused', async () => {
    const processBulk = () => ({ id: Float64Array.of(1) })
    await refused(run({ processBulk }), 'VOLLEY_SCHEMA_MISMATCH', /port 'main', returned columns \(id DOUBLE\)/)
    await refused(
      run({ processBulk: () => 5 }),
      'VOLLEY_USER_FUNCTION',
      /processBulk of component 'mine' returned number/,
    )
  })

  it('what takes a port may fail', async () => {
    const ports = { rejects: boom }
    const message = "what takes port 'rejects' of component 'repeat' failed: boom"
    const frame = numbers(scene.engine, 10).apply(new Repeat())
    await refused(() => frame.count({ strategy, ports }), 'VOLLEY_USER_FUNCTION', message)
  })

  it('a method that never settles ends with the run', async () => {
    const signal = AbortSignal.timeout(50)
    const frame = numbers(scene.engine, 10).apply(component({ processRow: () => new Promise(() => {}) }))
    await refused(() => frame.count({ strategy, signal }), 'VOLLEY_ABORTED', 'the run was aborted')
  })
})
