/** Generates a table of what is harder to read than numbers: nested columns, long texts, nulls, wide decimals. */

import { copiedFiles, PARQUET } from './copies.js'
import { DRAW_MACRO, TEXT_MACRO } from './draw.js'
import { textPool } from './text-pool.js'

/** Parquet in `directory`, with `rows` rows; `id` counts from 1. */
export async function complexFile(directory: string, rows: number): Promise<string> {
  const pool = textPool()
  const query = `
    select i + 1 as id,
      (['placed', 'packed', 'shipped', 'delivered', 'returned', 'cancelled'])[1 + draw(i, 1, 6)] as status,
      'depot-' || lpad(draw(i, 2, 1000)::varchar, 4, '0') as depot,
      case when draw(i, 3, 10) > 0 then text_of('${pool}', i, 4, 100, 800) end as note,
      case when draw(i, 6, 20) > 0 then {'latitude': draw(i, 7, 180000) / 1e3 - 90, 'longitude': draw(i, 8, 360000) / 1e3 - 180,
        'origin': (['gps', 'network', 'manual'])[1 + draw(i, 9, 3)]} end as position,
      case when draw(i, 10, 20) > 0
        then list_transform(range(draw(i, 11, 6)), lambda n: 'tag-' || draw(i * 8 + n, 12, 500)) end as tags,
      list_transform(range(draw(i, 13, 4)), lambda n:
        {'article': draw(i * 4 + n, 14, 100000), 'quantity': (1 + draw(i * 4 + n, 15, 12))::integer}) as items,
      timestamp '2020-01-01' + to_microseconds(draw(i, 16, 126230400000000)) as ordered_at,
      case when draw(i, 17, 3) > 0
        then timestamptz '2020-01-01 00:00:00+00' + to_microseconds(draw(i, 18, 126230400000000)) end as delivered_at,
      (draw(i, 19, 100000000)::decimal(9,0) * 0.01::decimal(3,2))::decimal(9,2) as price,
      ((draw(i, 20, 1000000000000000) - 500000000000000)::decimal(28,0) * 1000.000003::decimal(10,6))::decimal(38,6) as balance,
      case when draw(i, 21, 4) > 0 then draw(i, 22, 1000000) / 1e6 end as ratio,
      case when draw(i, 23, 10) > 0 then draw(i, 24, 2) = 1 end as insured
    from range(${rows}) t(i)`
  const [path] = await copiedFiles(directory, `complex-${rows}`, `${DRAW_MACRO}\n${TEXT_MACRO}`, [
    { name: 'complex.parquet', query, options: PARQUET },
  ])
  return path
}
