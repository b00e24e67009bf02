/** Settings on which the meaning of our SQL depends. */

/** Statements to run once for each instance. */
export const SESSION_SETTINGS: readonly string[] = [
  // Instants are shown, cut and read in UTC, whatever the process has.
  `SET TimeZone = 'UTC'`,
  // Rows of scans, filters and limits come in the order of the files.
  'SET preserve_insertion_order = true',
]
