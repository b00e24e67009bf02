/** Jest's functions, typed, from the globals that the runner sets in each process. */
import type * as Jest from '@jest/globals'

const globals = globalThis as unknown as typeof Jest

export const afterAll: typeof Jest.afterAll = globals.afterAll
export const afterEach: typeof Jest.afterEach = globals.afterEach
export const beforeAll: typeof Jest.beforeAll = globals.beforeAll
export const beforeEach: typeof Jest.beforeEach = globals.beforeEach
export const describe: typeof Jest.describe = globals.describe
export const expect: typeof Jest.expect = globals.expect
export const it: typeof Jest.it = globals.it
