# shellcheck shell=bash
# What both scripts need. Sourced from the app's folder.

readonly env_file=.env.preprod.local state=.preprod certificate=certbot/conf/live/blingauto/fullchain.pem

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
  fr* | FR*) french=yes ;;
  *) french=no ;;
esac

# say ENGLISH FRENCH
say() { if [ "$french" = yes ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }

step() { printf '==> %s\n' "$(say "$1" "$2")"; }

# fail EXIT_CODE ENGLISH FRENCH
fail() {
  say "$2" "$3" >&2
  exit "$1"
}

find_compose() {
  if command -v docker-compose >/dev/null; then
    compose_command=(docker-compose)
  elif docker compose version >/dev/null 2>&1; then
    compose_command=(docker compose)
  else
    fail 3 "Docker Compose is not installed." "Docker Compose n'est pas installé."
  fi
}

# With the file that holds certbot too, once there is a certificate. What the shell has under the names of
# .env.preprod.local would come before the file, and is taken away.
compose() {
  local name file=docker-compose.preprod.yml
  if has_certificate; then file=docker-compose.preprod-letsencrypt.yml; fi
  (
    if [ -f "$env_file" ]; then
      while IFS= read -r name; do unset "$name"; done < <(sed -nE 's/^([A-Z][A-Z0-9_]*)=.*/\1/p' "$env_file")
    fi
    exec "${compose_command[@]}" -f "$file" --env-file "$env_file" "$@"
  )
}

has_certificate() { [ -s "$certificate" ]; }

certificate_name() {
  sed -nE 's/^ *DNS:(.*)/\1/p' < <(openssl x509 -in "$certificate" -noout -ext subjectAltName 2>/dev/null | tr ',' '\n') | head -n 1
}

# The id of a service's container, if it runs.
container() { docker ps --quiet --filter "name=^blingauto-$1-preprod\$"; }

running_image() { docker inspect --format '{{.Image}}' blingauto-api-preprod 2>/dev/null || true; }

# As it stands in .env.preprod.local, without the quotes around it.
value_of() {
  sed -nE "s/^$1=//p" "$env_file" | tail -n 1 | sed -E "s/^(['\"])(.*)\\1[[:space:]]*$/\\2/; s/[[:space:]]+$//"
}

lock_or_leave() {
  mkdir -p "$state"
  exec 9>"$state/lock"
  flock --nonblock 9 || fail 75 "Another run of these scripts is at work." "Une autre exécution de ces scripts est en cours."
}
