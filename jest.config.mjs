export default {
  // Tests run in plain Node processes: a vm context would give typed arrays and errors another realm.
  runner: 'jest-light-runner/child-process',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testTimeout: 60_000,
}
