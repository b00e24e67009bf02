/** Jest's functions, typed, from the globals that the runner sets in each process. */
import type * as Jest from '@jest/globals'

const globals = globalThis as unknown as typeof Jest
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } = globals
