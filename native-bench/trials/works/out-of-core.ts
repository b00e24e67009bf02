/** Parquet to Parquet over tables of many times the memory, one breaker each. */

import {
  articles,
  events,
  invoices,
  type LargeTable,
  payments,
  visits,
} from '../../../data-fixtures/large-table-queries.js'
import type { Work } from '../work.js'

/** A work whose tables are made for it, in equal shares of its data. */
export interface LargeWork extends Work {
  readonly large: readonly LargeTable[]
}

const groupBy: LargeWork = {
  name: 'groupby',
  title: 'Group by two keys, a group for every two rows',
  large: [events],
  tables: ['events'],
  volley: (scan) =>
    scan('events').groupBy('user_id', 'item_id').agg({ quantity: 'sum(quantity)::bigint', amount: 'sum(amount)' }),
  duckdb: (from) => `select user_id, item_id, sum(quantity)::bigint as quantity, sum(amount) as amount
    from ${from('events')} group by user_id, item_id`,
  polars: ({ pl }, scan) =>
    scan('events').groupBy(['user_id', 'item_id']).agg(pl.col('quantity').sum(), pl.col('amount').sum()),
  columns: ['user_id', 'item_id', 'quantity::bigint', 'amount::decimal(38,2)'],
}

const JOINED = ['payment_id', 'invoice_id', 'customer_id', 'amount', 'paid_on', 'due_on', 'note']

const join: LargeWork = {
  name: 'join',
  title: 'Join two large tables',
  large: [payments, invoices],
  tables: ['payments', 'invoices'],
  volley: (scan) =>
    scan('payments')
      .join(scan('invoices'), { on: 'invoice_id', how: 'inner' })
      .select(...JOINED),
  duckdb: (from) => `select ${JOINED.join(', ')} from ${from('payments')} join ${from('invoices')} using (invoice_id)`,
  polars: (_, scan) =>
    scan('payments')
      .join(scan('invoices'), { on: 'invoice_id', how: 'inner' })
      .select(...JOINED),
  columns: JOINED.map((name) => (name === 'amount' ? 'amount::decimal(15,2)' : name)),
}

const SORT_KEYS = ['written_on', 'author', 'article_id']

const sort: LargeWork = {
  name: 'sort',
  title: 'Sort wide rows',
  large: [articles],
  tables: ['articles'],
  volley: (scan) => scan('articles').sort(...SORT_KEYS),
  duckdb: (from) => `select * from ${from('articles')} order by ${SORT_KEYS.join(', ')}`,
  polars: ({ pl }, scan) => scan('articles').sort(SORT_KEYS.map((name) => pl.col(name))),
  columns: [
    'article_id',
    'written_on',
    'price::decimal(15,2)',
    'section',
    'title',
    'author',
    'address',
    'summary',
    'tags',
  ],
  order: SORT_KEYS,
}

const distinct: LargeWork = {
  name: 'distinct',
  title: 'Distinct rows, few of them repeated',
  large: [visits],
  tables: ['visits'],
  volley: (scan) => scan('visits').distinct(),
  duckdb: (from) => `select distinct visitor_id, day, page from ${from('visits')}`,
  polars: (_, scan) => scan('visits').unique(['visitor_id', 'day', 'page'], 'any'),
  columns: ['visitor_id', 'day', 'page'],
}

export const LARGE_WORKS: readonly LargeWork[] = [groupBy, join, sort, distinct]
