/** A query of TPC-H in the words of each engine. Making it runs nothing. */

import type { TpchTable } from '../../../data-fixtures/bench-tables.js'
import type { Frame } from '../../../index.js'
import type { PolarsEngine, PolarsExpression, PolarsFrame } from '../../engines/polars.js'

/** A table by its name: as the text of a FROM clause, or as a frame. */
export type TableOf<Table> = (name: TpchTable) => Table

/**
 * Parameters are those of the specification's validation runs (TPC-H section 2.4). All forms give the same columns, and
 * rows in one order: keys that break ties are added to the specification's, and exact decimals stay exact.
 */
export interface TpchQuery {
  /** `q01` */
  readonly name: string
  /** What the query asks of an engine. */
  readonly title: string
  readonly sql: (table: TableOf<string>) => string
  readonly volley: (table: TableOf<Frame>) => Frame
  readonly polars: (table: TableOf<PolarsFrame>, polars: PolarsEngine) => PolarsFrame
}

/**
 * Price after discount, for Polars: there a product takes the larger scale of its operands, so it would be rounded to
 * cents without the cast.
 */
export function discountedPrice({ pl, decimal }: PolarsEngine): PolarsExpression {
  return pl
    .col('l_extendedprice')
    .cast(pl.Decimal(38, 4))
    .mul(decimal('1').sub(pl.col('l_discount')))
}
