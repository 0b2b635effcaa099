#!/usr/bin/env bash
# Deploys BlingAuto on this machine and looks after it: deploy-preprod.sh --help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH="$PATH:/usr/local/bin:/usr/bin:/bin"
# shellcheck source=SCRIPTDIR/common.sh
. scripts/common.sh

readonly health_within=180 keep_days=7 image=blingauto-api

usage() {
  say "Usage: scripts/deploy-preprod.sh [COMMAND]

  (none)     check, back up, build, start, ask for health, say where it is
  start      start what is there, once the configuration is right
  stop       stop; data stays
  restart    the same as both, with what changed in .env.preprod.local
  status     containers, image, last proven backup
  logs       of all or of one: logs [SERVICE]; follows in a terminal
  health     ask the API through nginx
  backup     dump, restored into a database of its own and compared
  rollback   the image before the last deploy; refused where taking back its migrations would lose data:
             rollback --with-database puts the backup before that deploy in the place of the database,
             which stays beside it under another name

Ends with 0 done, 1 failed, 2 not understood, 3 something is missing on this machine, 4 configuration refused,
5 not healthy, 6 backup not proven, 7 rollback refused, 75 another one is running." \
    "Utilisation : scripts/deploy-preprod.sh [COMMANDE]

  (aucune)   vérifier, sauvegarder, construire, démarrer, contrôler la santé, afficher les adresses
  start      démarrer ce qui est là, si la configuration est bonne
  stop       arrêter ; les données restent
  restart    les deux, avec ce qui a changé dans .env.preprod.local
  status     conteneurs, image, dernière sauvegarde prouvée
  logs       de tous ou d'un seul : logs [SERVICE] ; suit dans un terminal
  health     interroger l'API à travers nginx
  backup     sauvegarde restaurée dans une base à part et comparée
  rollback   l'image d'avant le dernier déploiement ; refusé si annuler ses migrations perdait des données :
             rollback --with-database met la sauvegarde prise avant ce déploiement à la place de la base,
             qui reste à côté sous un autre nom

Se termine par 0 fait, 1 échec, 2 non compris, 3 il manque quelque chose sur cette machine, 4 configuration refusée,
5 en mauvaise santé, 6 sauvegarde non prouvée, 7 retour refusé, 75 une autre instance est en cours."
}

prerequisites() {
  step 'Prerequisites' 'Prérequis'
  local tool
  for tool in docker curl flock sha256sum; do
    command -v "$tool" >/dev/null || fail 3 "$tool is not installed." "$tool n'est pas installé."
  done
  docker info >/dev/null 2>&1 || fail 3 "No Docker daemon answers: is it running, and may you use it?" \
    "Aucun démon Docker ne répond : est-il lancé, et avez-vous le droit de l'utiliser ?"
  [ -f "$env_file" ] || fail 4 "There is no $env_file: cp .env.preprod $env_file, then change its values." \
    "Il n'y a pas de $env_file : cp .env.preprod $env_file, puis modifiez ses valeurs."
  refuse_unchanged
  mkdir -p "$state" backups logs certbot/conf certbot/www
  chmod 700 "$state" backups
  # The API's account in its image.
  if [ "$(id -u)" -eq 0 ]; then chown 10001:10001 logs; fi
  if [ -z "$(container nginx)" ]; then
    local port
    for port in 80 443; do
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail 3 "Port $port is taken by another program (netstat -tulpn says which)." \
          "Le port $port est pris par un autre programme (netstat -tulpn dit lequel)."
      fi
    done
  fi
}

# Quick and before anything else; the app's own check, which knows weak values too, comes with its image.
refuse_unchanged() {
  local name line refused=()
  for name in SECRET_KEY POSTGRES_PASSWORD REDIS_PASSWORD INITIAL_ADMIN_EMAIL INITIAL_ADMIN_PASSWORD; do
    line=$(grep -E "^$name=" "$env_file" | tail -n 1 | bare) || true
    if [ -z "${line#*=}" ] || grep -E "^$name=" .env.preprod | bare | grep -Fxq -- "$line"; then refused+=("$name"); fi
  done
  [ ${#refused[@]} -eq 0 ] || fail 4 "Refused, nothing was touched. Still as in .env.preprod, or empty: ${refused[*]}" \
    "Refusé, rien n'a été touché. Encore comme dans .env.preprod, ou vide : ${refused[*]}"
}

bare() { sed -E "s/^([A-Z_]+)=['\"](.*)['\"][[:space:]]*$/\\1=\\2/; s/[[:space:]]+$//"; }

check_configuration() {
  compose run --rm -T --no-deps check </dev/null || fail 4 "The configuration is refused; nothing was stopped." \
    "La configuration est refusée ; rien n'a été arrêté."
}

deploy() {
  prerequisites
  local before backup='' built
  before=$(running_image)
  if [ -n "$(container postgres)" ]; then
    step 'Backup' 'Sauvegarde'
    make_backup
    backup=$last_backup
  fi
  step 'Build' 'Construction'
  compose build check
  built=$(docker image inspect --format '{{.Id}}' "$image:preprod")
  if ! (check_configuration); then
    if [ -n "$before" ]; then docker tag "$before" "$image:preprod"; fi
    exit 4
  fi
  if [ -n "$before" ] && [ "$before" != "$built" ]; then
    docker tag "$before" "$image:previous"
    printf '%s\n' "$backup" >"$state/backup-before"
  fi
  start_and_look
  endpoints
}

start_and_look() {
  step 'Start' 'Démarrage'
  compose up -d --remove-orphans
  step 'Health' 'Santé'
  wait_for_health
}

wait_for_health() {
  local until=$((SECONDS + health_within))
  until ask_health >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$until" ]; then
      fail 5 "Not healthy after $health_within s. See: $0 logs api. Back to the former version: $0 rollback" \
        "En mauvaise santé après $health_within s. Voir : $0 logs api. Retour à la version précédente : $0 rollback"
    fi
    sleep 1
  done
  ask_health
  echo
}

ask_health() { curl --fail --silent --show-error --max-time 10 http://127.0.0.1/health; }

endpoints() {
  local url
  url=$(value_of FRONTEND_URL)
  say "Ready:" "Prêt :"
  if has_certificate; then printf '  https://%s/health\n' "$(certificate_name)"; fi
  printf '  http://localhost/health\n  http://localhost/docs\n  http://localhost/openapi.json\n  %s\n' "$url"
}

status() {
  compose ps
  say "Image: $(running_image)" "Image : $(running_image)"
  local last
  last=$(proven | tail -n 1)
  say "Last proven backup: ${last:-none}" "Dernière sauvegarde prouvée : ${last:-aucune}"
}

show_logs() {
  local follow=()
  if [ -t 1 ]; then follow=(-f); fi
  compose logs "${follow[@]}" --tail=200 "$@"
}

health() {
  ask_health || fail 5 "The API does not answer, or is not healthy." "L'API ne répond pas, ou n'est pas en bonne santé."
  echo
}

# Sets last_backup. Proven: restored beside the database, and the same rows in each table.
make_backup() {
  local name file proof rows before
  name="backups/$(value_of POSTGRES_DB)_$(date -u +%Y%m%dT%H%M%SZ)"
  file="$name.dump"
  proof="$name.proof"
  umask 077
  if ! compose exec -T postgres sh /usr/local/share/blingauto/dump.sh /tmp/blingauto.dump </dev/null >"$name.counts"; then
    rm -f "$name.counts"
    fail 6 "The backup is not proven: it could not be made, or restored." \
      "La sauvegarde n'est pas prouvée : elle n'a pas pu être faite, ou restaurée."
  fi
  compose exec -T postgres cat /tmp/blingauto.dump </dev/null >"$file.part"
  local inside
  inside=$(compose exec -T postgres sh -c 'sha256sum /tmp/blingauto.dump; rm -f /tmp/blingauto.dump' </dev/null | cut -d ' ' -f 1)
  mv "$file.part" "$file"
  [ "$inside" = "$(sha256sum "$file" | cut -d ' ' -f 1)" ] || fail 6 "$file is not what was proven." \
    "$file n'est pas ce qui a été prouvé."
  rows=$(awk '{ sum += $2 } END { print sum + 0 }' "$name.counts")
  before=$(last_rows)
  if ! grep -Eq '^public\.pgmigrations [1-9]' "$name.counts" || [ "$rows" -lt $((before / 2)) ]; then
    mv "$name.counts" "$name.suspect"
    fail 6 "$file is suspect, not proven: $rows rows, the last proven one had $before." \
      "$file est suspecte, non prouvée : $rows lignes, la dernière prouvée en avait $before."
  fi
  { printf 'sha256 %s\nrows %s\n' "$inside" "$rows"; cat "$name.counts"; } >"$proof"
  rm -f "$name.counts"
  last_backup=$file
  say "Proven: $file ($rows rows)" "Prouvée : $file ($rows lignes)"
  retain
}

# Of which the proof is there and true of the file's size and name; oldest first.
proven() {
  local proof
  for proof in backups/*.proof; do
    if [ -s "${proof%.proof}.dump" ]; then printf '%s\n' "${proof%.proof}.dump"; fi
  done
}

last_rows() {
  local last
  last=$(proven | tail -n 1)
  if [ -n "$last" ]; then awk '$1 == "rows" { print $2 }' "${last%.dump}.proof"; else echo 0; fi
}

# Older than a week; never the last proven one, nor the one that a rollback would need.
retain() {
  local last needed file
  last=$(proven | tail -n 1)
  needed=$(cat "$state/backup-before" 2>/dev/null || true)
  while IFS= read -r file; do
    if [ "$file" = "$last" ] || [ "$file" = "$needed" ]; then continue; fi
    rm -f "$file" "${file%.dump}.proof" "${file%.dump}.suspect"
  done < <(find backups -maxdepth 1 -name '*.dump' -mtime "+$keep_days")
}

rollback() {
  local with_database=no
  case "${1:-}" in
    '') ;;
    --with-database) with_database=yes ;;
    *) usage >&2; exit 2 ;;
  esac
  prerequisites
  docker image inspect "$image:previous" >/dev/null 2>&1 || fail 7 "There is no former image: nothing was deployed before." \
    "Il n'y a pas d'image précédente : rien n'a été déployé avant."
  if [ "$with_database" = yes ]; then restore_before; else take_back_migrations; fi
  docker tag "$image:preprod" "$image:rolled-back"
  docker tag "$image:previous" "$image:preprod"
  docker rmi "$image:previous" >/dev/null
  start_and_look
  say "Back to the former image; the one that was left is $image:rolled-back." \
    "Retour à l'image précédente ; celle qui a été quittée est $image:rolled-back."
}

migrations_of() {
  local tag=$1
  shift
  BLINGAUTO_TAG=$tag compose run --rm -T --no-deps migrations node apps/blingauto/src/main.ts db "$@" </dev/null
}

# The former image does not know the newer migrations: they are taken back by the image that has brought them.
take_back_migrations() {
  local found target
  found=$(migrations_of previous current --json) || fail 1 "$found" "$found"
  if grep -q '"unknown":\[\]' <<<"$found"; then return; fi
  target=$(sed -E 's/.*"current":"([^"]*)".*/\1/' <<<"$found" | tail -n 1)
  step "Taking back the migrations after $target" "Annulation des migrations après $target"
  compose stop api
  if migrations_of preprod downgrade --to "$target" --keep-data; then return; fi
  compose start api
  fail 7 "Refused: see above what would be lost. The database as it was before that deploy: $0 rollback --with-database" \
    "Refusé : voir ci-dessus ce qui serait perdu. La base telle qu'avant ce déploiement : $0 rollback --with-database"
}

restore_before() {
  local file aside
  file=$(cat "$state/backup-before" 2>/dev/null || true)
  if [ -z "$file" ] || ! proven | grep -Fxq -- "$file"; then
    fail 7 "There is no proven backup from before that deploy." "Il n'y a pas de sauvegarde prouvée d'avant ce déploiement."
  fi
  aside="$(value_of POSTGRES_DB)_$(date -u +%Y%m%dt%H%M%Sz)"
  step "Restoring $file; what is there now stays as $aside" "Restauration de $file ; ce qui est là reste sous $aside"
  compose stop api
  compose exec -T postgres sh -c 'cat >/tmp/blingauto.dump' <"$file"
  if ! compose exec -T postgres sh /usr/local/share/blingauto/restore.sh /tmp/blingauto.dump "$aside" </dev/null; then
    compose start api
    fail 1 "The backup could not be restored; the database is as it was." \
      "La sauvegarde n'a pas pu être restaurée ; la base est inchangée."
  fi
  compose exec -T postgres rm -f /tmp/blingauto.dump </dev/null
}

command=${1:-deploy}
[ $# -eq 0 ] || shift
last_backup=''
find_compose
case "$command" in
  deploy | start | stop | restart | backup | rollback) lock_or_leave ;;
esac
case "$command" in
  -h | --help | help) usage ;;
  deploy) deploy ;;
  start)
    prerequisites
    check_configuration
    start_and_look
    endpoints
    ;;
  stop) compose stop ;;
  restart)
    prerequisites
    check_configuration
    compose up -d
    compose restart api nginx
    wait_for_health
    ;;
  status) status ;;
  logs) show_logs "$@" ;;
  health) health ;;
  backup)
    prerequisites
    step 'Backup' 'Sauvegarde'
    make_backup
    ;;
  rollback) rollback "$@" ;;
  *)
    usage >&2
    exit 2
    ;;
esac
