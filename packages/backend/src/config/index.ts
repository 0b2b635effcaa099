export { Config } from './config.ts'
export { readContractFile } from './contract-file.ts'
export { checkExample, type ExampleOptions, writeExample } from './example.ts'
export { type LoadConfigOptions, loadConfig } from './load-config.ts'
