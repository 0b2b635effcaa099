import type { LineCase } from './line-case.ts'

export const mysql: LineCase[] = [
  [
    "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)",
    'mysql_not_ready',
  ],
  [
    "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")",
    'mysql_not_ready',
  ],
  ["ERROR 1049 (42000): Unknown database 'shop'", 'database_unknown'],
  ["ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)", 'database_login'],
  ["ERROR 1146 (42S02): Table 'shop.orders' doesn't exist", 'migration_missing'],
  ["INSERT command denied to user 'reader'@'10.0.0.4' for table 'orders'", 'database_rights'],
  ['ERROR 1040 (HY000): Too many connections', 'database_busy'],
  ['ERROR 1205 (HY000): Lock wait timeout exceeded; try restarting transaction', 'database_locked'],
  ['[ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11', 'pid_file_left'],
  ["[ERROR] Table './shop/orders' is marked as crashed and should be repaired", 'data_damaged'],
  ["[ERROR] [MY-010119] Aborting: unknown variable 'query_cache_size=16M'", 'bad_option'],
  ['[ERROR] InnoDB: Cannot allocate memory for the buffer pool', 'out_of_memory'],
  ["[ERROR] [MY-010262] Can't start server: Bind on TCP/IP port: Address already in use", 'port_taken'],
  ["[ERROR] Disk is full writing './binlog.000004' (OS errno 28 - No space left on device)", 'disk_full'],
  [
    'Error: ER_NOT_SUPPORTED_AUTH_MODE: Client does not support authentication protocol requested by server',
    'database_login',
  ],
  ['[System] [MY-010931] mysqld: ready for connections. Version: 8.0.36', null],
  ['[Warning] Aborted connection 12 to db: shop user: shop (Got an error reading communication packets)', null],
  ['[Note] Access denied for user counts are reset', null],
]

export const mongo: LineCase[] = [
  ['pymongo.errors.ServerSelectionTimeoutError: db:27017: [Errno 111] Connection refused', 'mongo_not_ready'],
  ['MongoServerError: Authentication failed.', 'database_login'],
  ['MongoServerError: not authorized on shop to execute command { find: "orders" }', 'database_rights'],
  [
    'DBPathInUse: Unable to lock the lock file: /data/db/mongod.lock (Resource temporarily unavailable)',
    'pid_file_left',
  ],
  [
    'WARNING: MongoDB 5.0+ requires a CPU with AVX support, and your current system does not appear to have that!',
    'runtime_version',
  ],
  ['UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion document', 'database_version'],
  ['WiredTiger error: WT_PANIC: WiredTiger library panic', 'data_damaged'],
  ['MongoServerError: not primary', 'database_read_only'],
  ['{"t":"2026-11-21","s":"I","c":"NETWORK","msg":"Waiting for connections","attr":{"port":27017}}', null],
  ['MongoServerError: E11000 duplicate key error collection: shop.users', null],
]

export const postgres: LineCase[] = [
  ['FATAL:  sorry, too many clients already', 'database_busy'],
  ['FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute', 'database_busy'],
  ['FATAL:  password authentication failed for user "shop"', 'postgres_wrong_password'],
  ['FATAL:  database "shop" does not exist', 'postgres_database_missing'],
  ['FATAL:  the database system is starting up', 'postgres_not_ready'],
  ['FATAL:  lock file "postmaster.pid" already exists', 'pid_file_left'],
  [
    'DETAIL:  The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 16.2.',
    'database_version',
  ],
  ['FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership', 'database_folder'],
  ['PANIC:  could not locate a valid checkpoint record', 'data_damaged'],
  ['ERROR:  invalid page in block 17 of relation base/16384/16399', 'data_damaged'],
  ['ERROR:  permission denied for table orders', 'database_rights'],
  [
    'ERROR:  could not resize shared memory segment "/PostgreSQL.12" to 16777216 bytes: No space left on device',
    'shared_memory',
  ],
  ['ERROR:  cannot execute INSERT in a read-only transaction', 'database_read_only'],
  ['Error: Database is uninitialized and superuser password is not specified.', 'setting_missing'],
  ['PANIC:  could not write to file "pg_wal/xlogtemp.31": No space left on device', 'disk_full'],
  ['FATAL:  unrecognized configuration parameter "wal_keep_segments"', 'bad_option'],
  ['ERROR:  canceling statement due to statement timeout', 'database_locked'],
  ['LOG:  database system was not properly shut down; automatic recovery in progress', null],
  ['LOG:  checkpoint complete: wrote 3 buffers (0.0%)', null],
  ['ERROR:  duplicate key value violates unique constraint "users_email_key"', null],
  ['LOG:  could not receive data from client: Connection reset by peer', null],
]

export const docker: LineCase[] = [
  ['exec /docker-entrypoint.sh: no such file or directory', 'entrypoint_broken'],
  ['exec /usr/local/bin/shop: exec format error', 'entrypoint_broken'],
  [
    'Error response from daemon: failed to create task: exec: "gunicorn": executable file not found in $PATH: unknown',
    'entrypoint_broken',
  ],
  ['Error response from daemon: pull access denied for shop/api, repository does not exist', 'image_missing'],
  ['Error response from daemon: manifest for shop/api:9 not found: manifest unknown', 'image_missing'],
  ['Error response from daemon: toomanyrequests: You have reached your pull rate limit.', 'image_missing'],
  ['no matching manifest for linux/arm64/v8 in the manifest list entries', 'image_missing'],
  ['network proxy declared as external, but could not be found', 'container_setup'],
  [
    'Error response from daemon: Conflict. The container name "/shop" is already in use by container "1f"',
    'container_setup',
  ],
  [
    'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /srv/shop/data',
    'container_setup',
  ],
  [
    'Error response from daemon: invalid pool request: Pool overlaps with other one on this address space',
    'container_setup',
  ],
  ['iptables failed: iptables: No chain/target/match by that name.', 'container_setup'],
  ['dependency failed to start: container shop-db-1 is unhealthy', 'container_setup'],
  ["redis.exceptions.ResponseError: OOM command not allowed when used memory > 'maxmemory'.", 'redis_refuses'],
  ["READONLY You can't write against a read only replica.", 'database_read_only'],
  ['ERROR: Bad file format reading the append only file: make a backup of your AOF file', 'data_damaged'],
  ['api-1  | Attaching to api-1', null],
  ['WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail', null],
  ['Container shop-db-1  Healthy', null],
  ['Image shop/api:9 Pulled', null],
]

/** Of the proxy before an app, which are read beside the app's own. */
export const nginx: LineCase[] = [
  [
    'connect() to unix:/run/php/php8.2-fpm.sock failed (2: No such file or directory) while connecting to upstream',
    'upstream_socket',
  ],
  [
    'connect() to unix:/run/gunicorn.sock failed (13: Permission denied) while connecting to upstream',
    'upstream_socket',
  ],
  ['FastCGI sent in stderr: "Primary script unknown" while reading response header from upstream', 'script_unknown'],
  ['upstream sent too big header while reading response header from upstream', 'header_too_big'],
  ['client intended to send too large body: 12582912 bytes', 'body_too_large'],
  [
    'cannot load certificate "/etc/letsencrypt/live/shop.example/fullchain.pem": BIO_new() failed (SSL: No such file or directory)',
    'file_missing',
  ],
  ['768 worker_connections are not enough', 'workers_busy'],
  ['open() "/srv/shop/public/robots.txt" failed (2: No such file or directory)', null],
  ['access forbidden by rule', null],
  ['a client request body is buffered to a temporary file /var/lib/nginx/body/0000000001', null],
  ['client prematurely closed connection while sending request to upstream', null],
]
