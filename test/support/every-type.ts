/** A query for a table with columns of every type, with nulls, extremes and repeated values. */

/** The same rows at every call; `id` counts them from 0. */
export function everyType(rows: number): string {
  const pick = (salt: number, ...values: string[]) =>
    `(case hash(i + ${salt} * 1000003) % ${values.length} ${values.map((value, k) => `when ${k} then ${value}`).join(' ')} end)`
  const random = (salt: number, range: number) => `(hash(i + ${salt} * 7919) % ${range})::bigint`
  return `
    select i::bigint as id,
      ${pick(1, 'true', 'false', 'null')} as flag,
      ${pick(2, 'null', '-128', '127', '0', `(${random(2, 200)} - 100)`)}::tinyint as i8,
      ${pick(3, 'null', '-32768', '32767', `(${random(3, 2000)} - 1000)`, `${random(3, 10)}`)}::smallint as i16,
      ${pick(4, 'null', '-2147483648', '2147483647', `(${random(4, 100000)} - 50000)`, `${random(4, 10)}`)}::integer as i32,
      ${pick(5, 'null', '-9223372036854775808', '9223372036854775807', `(${random(5, 1000000)} - 500000)`, `${random(5, 5)}`)}::bigint as i64,
      ${pick(6, 'null', '0', '255', `${random(6, 200)}`)}::utinyint as u8,
      ${pick(7, 'null', '65535', `${random(7, 1000)}`)}::usmallint as u16,
      ${pick(8, 'null', '4294967295', `${random(8, 1000)}`)}::uinteger as u32,
      ${pick(9, 'null', '18446744073709551615', `${random(9, 1000)}`)}::ubigint as u64,
      ${pick(10, 'null', "'nan'::double", "'-0.0'::double", '0', "'inf'::double", "'-inf'::double", `(${random(10, 1000)} / 8.0)`)}::float as f32,
      ${pick(11, 'null', "'nan'::double", "'-0.0'::double", '0', "'inf'::double", '-1.5e300', `(${random(11, 100000)} / 64.0)`)}::double as f64,
      ${pick(12, 'null', '-9999999.99', '9999999.99', `(${random(12, 100000)} / 100.0)`)}::decimal(9,2) as d9,
      ${pick(13, 'null', '-9999999999999.99', '0.01', `(${random(13, 10000000)} / 100.0)`)}::decimal(15,2) as d15,
      ${pick(14, 'null', "'-99999999999999999999999999999999.9999'", "'0.0001'", `(${random(14, 10000)} / 10.0)::varchar`)}::decimal(38,4) as d38,
      ${pick(15, 'null', "''", "'a'", "'Zürich'", "'🎉 emoji'", "'a longer string than twelve bytes'", `'k' || ${random(15, 20)}`)} as text,
      ${pick(16, 'null', "'red'", "'green'", "'blue'")} as color,
      ${pick(17, 'null', "''::blob", "'\\xff\\x00'::blob", `('b' || ${random(17, 9)})::blob`)} as bytes,
      ${pick(18, 'null', "date '1969-12-31'", "date '0001-01-01'", "date '2024-02-29'", `(date '1970-01-01' + (${random(18, 30000)} - 10000)::integer)`)} as day,
      ${pick(19, 'null', "timestamp '1969-12-31 23:59:59.999999'", "timestamp '2262-01-01'", `(timestamp '2000-01-01' + interval (${random(19, 1000000000)} - 500000000) second)`)} as moment,
      ${pick(20, 'null', "time '00:00:00'", "time '23:59:59.999999'", `(time '00:00:00' + interval (${random(20, 86400)}) second)`)} as clock,
      ${pick(21, 'null', "timestamptz '1969-12-31 23:59:59.999999+00'", `(timestamptz '2000-01-01 00:00:00+00' + interval (${random(21, 1000000000)} - 500000000) second)`)} as zoned,
      ${random(22, 100)}::integer as small,
      (${random(23, 2000000)} / 1000.0 - 1000)::double as ratio,
      (${random(24, 100000)} / 100.0)::decimal(12,2) as price,
      'name ' || ${random(25, 300)} as name
    from range(${rows}) t(i)`
}
