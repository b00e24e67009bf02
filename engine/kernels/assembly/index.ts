export * from './bitmap'
export * from './string-compare'
