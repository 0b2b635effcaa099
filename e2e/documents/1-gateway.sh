#!/usr/bin/env bash
# Runs the requests of the IKOMA Gateway runbook (sections 8 and 11) against BASE, as they are written there but for
# host, ids and credential. The quoted lines are the document's own.
set -euo pipefail
cd "$(dirname "$0")"
source ./lib.sh

# curl -s http://localhost:8080/api/runners | jq .
shown=$(curl -s "$BASE/api/runners" | jq .)
[ -n "$shown" ] || fail 'GET /api/runners gave nothing'
request "$BASE/api/runners"
expect_status 200
expect_field ok true
expect_field error null
expect_field meta.version v1
# Without a credential: names and online state, nothing that could be used.
expect_field data.0.online true
expect_field data.0.id undefined

request "$BASE/api/runners" -H "x-ikoma-admin-key: $ADMIN_KEY"
expect_status 200
expect_field data.0.status ONLINE
id=$(field data.0.id)

# curl -s -X POST http://localhost:8080/api/runners/{id}/orders \
#      -H "Content-Type: application/json" \
#      -d '{"type": "runner.selftest"}' | jq .
# The document let the whole world do this. Here it is refused, in the document's envelope …
request -X POST "$BASE/api/runners/$id/orders" \
     -H "Content-Type: application/json" \
     -d '{"type": "runner.selftest"}'
expect_status 401
expect_field ok false
expect_field data null
expect_field error.code UNAUTHORIZED
# … and with the key it is done.
request -X POST "$BASE/api/runners/$id/orders" \
     -H "Content-Type: application/json" \
     -H "x-ikoma-admin-key: $ADMIN_KEY" \
     -d '{"type": "runner.selftest"}'
expect_status 201
expect_field ok true
expect_field data.type runner.selftest
order=$(field data.id)

for _ in $(seq 100); do
  request "$BASE/api/runners/$id/orders" -H "x-ikoma-admin-key: $ADMIN_KEY"
  [ "$(field data.0.status)" != SUCCEEDED ] || break
  sleep 0.2
done
expect_status 200
expect_field data.0.id "$order"
expect_field data.0.status SUCCEEDED
expect_field data.0.outcome succeeded
# A list has no reports; the order itself has.
request "$BASE/v1/orders/$order" -H "x-ikoma-admin-key: $ADMIN_KEY"
expect_status 200
expect_field report.ok true

# Anything else is refused in the same envelope.
request -X POST "$BASE/api/runners/$id/orders" \
     -H "Content-Type: application/json" -H "x-ikoma-admin-key: $ADMIN_KEY" \
     -d '{"type": "rm -rf /"}'
expect_status 400
expect_field error.code VALIDATION_ERROR
request "$BASE/api/nothing"
expect_status 404
expect_field error.code NOT_FOUND

# curl -I https://automate.ikomadigit.com/api/runners
head=$(curl -sS -I "$BASE/api/runners")
printf '%s' "$head" | head -n 1 | grep -Eq '^HTTP/[0-9.]+ 200' || fail "curl -I gave: $head"
checks=$((checks + 1))

passed 'document 1, IKOMA Gateway'
