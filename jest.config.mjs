export default {
  // Tests run in plain Node processes: a vm context would give typed arrays and errors another realm.
  // It knows no time limits, so they are ours.
  runner: '<rootDir>/test/support/limited-runner.mjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/time-limits.mjs'],
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  // What takes half a minute a file has a command of its own: `npm run test:long`.
  testPathIgnorePatterns: process.env.VOLLEY_TEST_LONG
    ? []
    : ['/dist/test/out-of-core/', '/dist/test/engine/pipeline/kill/'],
  transform: {},
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  setupFiles: ['<rootDir>/dist/test/support/short-lived-code.js'],
  // Unless told, one processor would stay idle.
  maxWorkers: '100%',
}
