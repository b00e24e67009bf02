export * from './bitmap'
