#!/bin/sh
# Inside the container of PostgreSQL: dump.sh FILE makes a dump, restores it into a database of its own beside the real one, and
# says what both hold: a line for each table, as it was at the moment of the dump. Ends with 0 only if they are the same.
set -eu
file=$1
export PGUSER="$POSTGRES_USER" PGDATABASE="$POSTGRES_DB"
scratch="restore_check_$$"
counts="select format('select %L || '' '' || count(*) from %I.%I', nspname || '.' || relname, nspname, relname)
  from pg_class join pg_namespace n on n.oid = relnamespace
  where relkind = 'r' and nspname <> 'information_schema' and nspname !~ '^pg_' order by nspname, relname"

trap 'rm -f "$file.failed" "$file.here" "$file.there"; dropdb --if-exists "$scratch" >/dev/null 2>&1 || true' EXIT
export DUMP_FILE="$file"

# One moment for the dump and for the counts: others write meanwhile.
psql -qAtX -v ON_ERROR_STOP=1 >"$file.here" <<SQL
begin transaction isolation level repeatable read read only;
select pg_export_snapshot() as snapshot \\gset
\\setenv DUMP_SNAPSHOT :snapshot
\\! pg_dump --format=custom --snapshot="\$DUMP_SNAPSHOT" --file="\$DUMP_FILE" || : >"\$DUMP_FILE.failed"
$counts \\gexec
commit;
SQL
[ ! -e "$file.failed" ] || { echo 'pg_dump failed' >&2; exit 1; }

createdb --template=template0 "$scratch"
pg_restore --exit-on-error --no-owner --dbname="$scratch" "$file"
psql -qAtX -v ON_ERROR_STOP=1 -d "$scratch" >"$file.there" <<SQL
$counts \\gexec
SQL
if ! diff "$file.here" "$file.there" >&2; then
  echo 'What was restored is not what was dumped' >&2
  exit 1
fi
cat "$file.here"
