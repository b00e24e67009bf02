import { decimal, typeName } from '../../planner/types.js'
import { describe, expect, it } from '../support/jest.js'

describe('typeName', () => {
  it('prints types as DuckDB does', () => {
    expect(typeName(decimal(15, 2))).toBe('DECIMAL(15,2)')
  })
})
