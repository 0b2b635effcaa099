#!/usr/bin/env bash
# Runs the requests of the IKOMA Orders API document against BASE, as they are written there but for host, ids and
# credentials, and goes on through the whole list of its endpoints. The quoted lines are the document's own.
set -euo pipefail
cd "$(dirname "$0")"
source ./lib.sh

admin() {
  request -H "x-ikoma-admin-key: $ADMIN_KEY" -H "Content-Type: application/json" "$@"
}

# "Utilisez les headers x-runner-id, x-runner-token"; the document knows no lease.
runner() {
  request -H "x-runner-id: $RUNNER_ID" -H "x-runner-token: $RUNNER_TOKEN" -H "Content-Type: application/json" "$@"
}

# curl -X POST http://localhost:3000/v1/runners \
#   -H "x-ikoma-admin-key: super-secret-admin-key" \
#   -H "Content-Type: application/json" \
#   -d '{"name": "Runner-01", "scopes": ["platform.caddy"]}'
request -X POST "$BASE/v1/runners" \
  -H "x-ikoma-admin-key: $ADMIN_KEY" \
  -H "Content-Type: application/json" \
  -d '{"name": "Runner-01", "scopes": ["platform.caddy"]}'
expect_status 201
expect_field name Runner-01
expect_field scopes '["platform.caddy"]'
RUNNER_ID=$(field id)
RUNNER_TOKEN=$(field token)
[ "${RUNNER_TOKEN#iko_run_}" != "$RUNNER_TOKEN" ] || fail 'POST /v1/runners gave no token'

# curl -X POST http://localhost:3000/v1/runner/heartbeat \
#   -H "x-runner-id: <RUNNER_ID>" \
#   -H "x-runner-token: <RUNNER_TOKEN>" \
#   -H "Content-Type: application/json" \
#   -d '{"status": "ONLINE"}'
request -X POST "$BASE/v1/runner/heartbeat" \
  -H "x-runner-id: $RUNNER_ID" \
  -H "x-runner-token: $RUNNER_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"status": "ONLINE"}'
expect_status 200
expect_field ok true

# - `GET /v1/runners`: Liste des runners.
admin "$BASE/v1/runners"
expect_status 200
[[ "$BODY" == *"$RUNNER_ID"* ]] || fail 'GET /v1/runners does not list the runner'
[[ "$BODY" != *"$RUNNER_TOKEN"* ]] || fail 'GET /v1/runners shows the token again'
[[ "$BODY" == *'"status":"ONLINE"'* ]] || fail 'the heartbeat did not put the runner online'

# - `POST /v1/servers`: Créer un serveur.
admin -X POST "$BASE/v1/servers" -d '{"name": "web-1", "baseUrl": "https://web-1.example.com"}'
expect_status 201
SERVER_ID=$(field id)

# - `GET /v1/servers`: Liste des serveurs.
admin "$BASE/v1/servers"
expect_status 200
[[ "$BODY" == *"$SERVER_ID"* ]] || fail 'GET /v1/servers does not list the server'

# - `PATCH /v1/servers/:id/attach-runner`: Attacher un runner à un serveur.
admin -X PATCH "$BASE/v1/servers/$SERVER_ID/attach-runner" -d "{\"runnerId\": \"$RUNNER_ID\"}"
expect_status 200
expect_field runnerId "$RUNNER_ID"

# - `POST /v1/runner/orders/claim-next`: nothing to do yet.
runner -X POST "$BASE/v1/runner/orders/claim-next"
expect_status 204

# - `POST /v1/orders`: Créer un ordre.
admin -X POST "$BASE/v1/orders" -d "{\"type\": \"runner.selftest\", \"serverId\": \"$SERVER_ID\"}"
expect_status 201
expect_field status QUEUED
ORDER_ID=$(field id)

# - `GET /v1/orders/:id`: Détails d'un ordre.
admin "$BASE/v1/orders/$ORDER_ID"
expect_status 200
expect_field serverId "$SERVER_ID"

# - `POST /v1/runner/orders/claim-next`: Récupérer le prochain ordre disponible.
runner -X POST "$BASE/v1/runner/orders/claim-next"
expect_status 200
expect_field id "$ORDER_ID"
expect_field status CLAIMED
expect_field attempt 1

# - `POST /v1/runner/orders/:id/start`: Marquer un ordre comme démarré.
runner -X POST "$BASE/v1/runner/orders/$ORDER_ID/start"
expect_status 200
expect_field status RUNNING

# - `POST /v1/runner/orders/:id/complete`: Terminer un ordre avec un rapport.
REPORT='{"report": {"version": "v1", "ok": true, "summary": "Tout va bien."}}'
runner -X POST "$BASE/v1/runner/orders/$ORDER_ID/complete" -d "$REPORT"
expect_status 200
expect_field status SUCCEEDED
# The answer may have been lost: the same report again gets the same answer, another one does not.
runner -X POST "$BASE/v1/runner/orders/$ORDER_ID/complete" -d "$REPORT"
expect_status 200
expect_field status SUCCEEDED
runner -X POST "$BASE/v1/runner/orders/$ORDER_ID/complete" -d '{"report": {"version": "v1", "ok": false, "summary": "Non."}}'
expect_status 409

admin "$BASE/v1/orders/$ORDER_ID"
expect_status 200
expect_field status SUCCEEDED
expect_field report.summary 'Tout va bien.'

# Who may not: no key, a wrong key, and each side with the other's credential.
request "$BASE/v1/servers"
expect_status 401
request "$BASE/v1/servers" -H 'x-ikoma-admin-key: not-the-key'
expect_status 401
runner -X POST "$BASE/v1/orders" -d "{\"type\": \"runner.selftest\", \"serverId\": \"$SERVER_ID\"}"
expect_status 401
admin -X POST "$BASE/v1/runner/heartbeat" -d '{"status": "ONLINE"}'
expect_status 401
# Its scope is platform.caddy: a program is not its to run.
admin -X POST "$BASE/v1/orders" -d "{\"type\": \"shell.run\", \"serverId\": \"$SERVER_ID\", \"payload\": {\"argv\": [\"id\"]}}"
expect_status 422
expect_field reason scope_denied

passed 'document 2, IKOMA Orders API'
