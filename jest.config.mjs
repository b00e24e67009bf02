export default {
  // Tests run in plain Node processes: a vm context would give typed arrays and errors another realm.
  runner: 'jest-light-runner/child-process',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  // Unless told, one processor would stay idle.
  maxWorkers: '100%',
  // Under every strategy a test takes many times as long.
  testTimeout: process.env.VOLLEY_TEST_STRATEGIES === 'all' ? 600_000 : 60_000,
}
