#!/bin/sh
# Inside the container of PostgreSQL, while nobody writes: restore.sh FILE ASIDE puts the dump in the place of the database,
# which stays under the name ASIDE. Until the dump is restored as a whole nothing is changed.
set -eu
file=$1
aside=$2
export PGUSER="$POSTGRES_USER" PGDATABASE=postgres
draft="${POSTGRES_DB}_restoring"
dropdb --if-exists "$draft"
createdb --template=template0 "$draft"
pg_restore --exit-on-error --no-owner --dbname="$draft" "$file"
psql -qX -v ON_ERROR_STOP=1 -v now="$POSTGRES_DB" -v aside="$aside" -v draft="$draft" <<'SQL'
select pg_terminate_backend(pid) from pg_stat_activity where datname = :'now' and pid <> pg_backend_pid() \g /dev/null
begin;
alter database :"now" rename to :"aside";
alter database :"draft" rename to :"now";
commit;
SQL
