/** Fixed plans of which it is counted how much work they are. */

import { Field, Float64, Schema } from 'apache-arrow'
import type { Frame, StrategyName } from '../../index.js'
import type { CountedTables } from './tables.js'

export interface CountedPlan {
  readonly name: string
  /** One line. */
  readonly title: string
  /** Not `auto`: what that chooses depends on the memory that is left. */
  readonly strategy: Exclude<StrategyName, 'auto'>
  /** What breakers may hold under bigdata; null for what follows from the memory limit. */
  readonly breakerBytes: number | null
  readonly frame: (tables: CountedTables) => Frame
  /** Whether its rows go to a Parquet file; otherwise they are dropped. */
  readonly writes: boolean
}

const FUNCTION = { module: new URL('./revenue.js', import.meta.url).href, function: 'revenueOf' }
const REVENUE = new Schema([new Field('revenue', new Float64(), false)])
/** So little that breakers over 200,000 rows give their state up. */
const SMALL_BREAKER = 1 << 20

export const COUNTED_PLANS: readonly CountedPlan[] = [
  bulk('scan-pruned', 'Scan of one row group of five, by statistics', ({ orders }) =>
    orders.filter('order_id between 125000 and 126000').select('order_id', 'customer'),
  ),
  bulk('filter-project', 'Filter by a dictionary and a number, two computed columns', ({ orders }) =>
    orders
      .filter("status = 'delivered' and quantity >= 2")
      .select('order_id', 'quantity * unit_price as total', 'upper(country) as country'),
  ),
  bulk('group-few', 'Group by two strings, four aggregates', ({ orders }) =>
    orders.groupBy('country', 'category').agg({
      orders: 'count(*)',
      revenue: 'sum(quantity * unit_price)',
      mean_discount: 'avg(discount)',
      last_order: 'max(ordered_at)',
    }),
  ),
  bulk('group-many', 'Group by an integer of 10,000 values', ({ numbers }) =>
    numbers.groupBy('key').agg({ rows: 'count(*)', total: 'sum(value)' }),
  ),
  bulk('join', 'Inner join of 200,000 rows with 1,000', ({ numbers, weights }) =>
    numbers.join(weights, { on: 'key' }).select('id', 'value * weight as weighted'),
  ),
  bulk('sort', 'Sort of 50,000 rows by a string and a decimal', ({ orders }) =>
    orders.select('country', 'unit_price', 'order_id').sort('country', { by: 'unit_price', descending: true }),
  ),
  bulk('top', 'The ten largest of 200,000', ({ numbers }) => numbers.sort({ by: 'value', descending: true }).limit(10)),
  bulk('distinct', 'Distinct values of two columns', ({ orders }) => orders.select('product', 'quantity').distinct()),
  bulk('window', 'Rank and running sum by partitions', ({ orders }) =>
    orders.select(
      'order_id',
      'rank() over (partition by country order by unit_price desc) as place',
      'sum(quantity) over (partition by customer order by order_id) as bought',
    ),
  ),
  bulk('function', 'A JavaScript function over batches', ({ orders }) =>
    orders
      .select('quantity::double as quantity', 'unit_price::double as price')
      .mapBatches(FUNCTION, { schema: REVENUE })
      .groupBy()
      .agg({ revenue: 'sum(revenue)' }),
  ),
  {
    ...bulk('transform', 'Parquet to Parquet, five columns and a computed one', ({ orders }) =>
      orders
        .filter("status = 'delivered'")
        .select('order_id', 'customer', 'product', 'quantity', 'unit_price', 'quantity * unit_price as total'),
    ),
    writes: true,
  },
  {
    ...bulk('row', 'Filter and project, a record at a time', ({ orders }) =>
      orders.filter("status = 'delivered'").select('order_id', 'quantity * unit_price as total'),
    ),
    strategy: 'row',
  },
  spilling('group-spilled', 'Group by an integer of 200,000 values, in partitions', ({ numbers }) =>
    numbers.groupBy('id').agg({ rows: 'count(*)', total: 'sum(value)' }),
  ),
  spilling('join-spilled', 'Join of 200,000 rows with themselves, in partitions', ({ numbers }) =>
    numbers.join(numbers.select('id', 'key as other'), { on: 'id' }).select('id', 'key + other as keys'),
  ),
  spilling('sort-spilled', 'Sort of 200,000 rows in runs', ({ numbers }) => numbers.sort('value')),
]

function bulk(name: string, title: string, frame: CountedPlan['frame']): CountedPlan {
  return { name, title, strategy: 'bulk', breakerBytes: null, frame, writes: false }
}

function spilling(name: string, title: string, frame: CountedPlan['frame']): CountedPlan {
  return { ...bulk(name, title, frame), strategy: 'bigdata', breakerBytes: SMALL_BREAKER }
}
