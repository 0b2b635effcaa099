export {
  askDatabase,
  type Content,
  type DatabaseTool,
  type DatabaseVerbs,
  type Digest,
  type Expected,
  type PostgresQuery,
  type PostgresRows,
  type PostgresState,
  type S3Shelf,
  type Sent,
} from './database-tool.ts'
export { refuseOpenS3File } from './s3.ts'
