# What both scripts need: one request at a time, its status and body kept, and a clear end.
: "${BASE:?the address of the control plane, without a slash at the end}"
: "${ADMIN_KEY:?its admin key}"

checks=0

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  [ -z "${BODY:-}" ] || printf 'the last answer was %s: %s\n' "${STATUS:-?}" "$BODY" >&2
  exit 1
}

# The arguments are curl's. Leaves STATUS and BODY.
request() {
  local answer
  answer=$(curl -sS --max-time 30 -w '\n%{http_code}' "$@") || fail "curl $*"
  STATUS=${answer##*$'\n'}
  BODY=${answer%$'\n'*}
}

expect_status() {
  [ "$STATUS" = "$1" ] || fail "expected the status $1"
  checks=$((checks + 1))
}

# field <path>: the value at a dotted path of the last body, as text.
field() {
  printf '%s' "$BODY" | node -e '
    const body = JSON.parse(require("node:fs").readFileSync(0, "utf8"))
    const value = process.argv[1].split(".").reduce((at, name) => at?.[name], body)
    process.stdout.write(typeof value === "object" ? JSON.stringify(value) : String(value))
  ' "$1"
}

expect_field() {
  local found
  found=$(field "$1")
  [ "$found" = "$2" ] || fail "expected $1 to be $2, not $found"
  checks=$((checks + 1))
}

# Document 1 pipes into jq; where it is missing, its plainest use is played by node.
command -v jq > /dev/null || jq() {
  [ "$*" = . ] || fail "only jq . is known here"
  node -e 'process.stdout.write(JSON.stringify(JSON.parse(require("node:fs").readFileSync(0, "utf8")), null, 2) + "\n")'
}

passed() {
  printf 'PASSED: %s, %s checks\n' "$1" "$checks"
}
