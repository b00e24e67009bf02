/** Numbers that look random and depend on a row's keys alone, so that tables are the same whatever made them. */

/** SQL: `draw(key, salt, n)`, an integer in [0, n) that depends on key and salt. */
export const DRAW_MACRO = 'create macro draw(key, salt, n) as (hash(key, salt) % n::ubigint)::bigint;'

/** SQL: `text_of(pool, key, salt, low, high)`, a text of `low` to `high` letters out of `pool`; uses salt + 1 too. */
export const TEXT_MACRO = `create macro text_of(pool, key, salt, low, high) as
  substring(pool, 1 + draw(key, salt, length(pool) - high), low + draw(key, salt + 1, high - low + 1));`
