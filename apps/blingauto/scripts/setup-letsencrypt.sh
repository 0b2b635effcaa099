#!/usr/bin/env bash
# Asks for the certificate of a name: setup-letsencrypt.sh DOMAIN EMAIL [1]. With 1 from the authority's staging, to try.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH="$PATH:/usr/local/bin:/usr/bin:/bin"
# shellcheck source=SCRIPTDIR/common.sh
. scripts/common.sh

readonly letsencrypt=docker-compose.preprod-letsencrypt.yml
readonly production=https://acme-v02.api.letsencrypt.org/directory staging=https://acme-staging-v02.api.letsencrypt.org/directory

usage() {
  say "Usage: scripts/setup-letsencrypt.sh DOMAIN EMAIL [1]   (1: a certificate to try with, which browsers do not trust)
ACME_SERVER names another authority; its root, if it is strange to this machine, in certbot/conf/acme-ca.pem.
Ends with 0 done, 1 failed, 2 not understood, 3 something is missing on this machine, 4 no configuration, 75 another one is running." \
    "Utilisation : scripts/setup-letsencrypt.sh DOMAINE EMAIL [1]   (1 : un certificat d'essai, que les navigateurs refusent)
ACME_SERVER désigne une autre autorité ; sa racine, si cette machine ne la connaît pas, dans certbot/conf/acme-ca.pem.
Se termine par 0 fait, 1 échec, 2 non compris, 3 il manque quelque chose sur cette machine, 4 pas de configuration, 75 une autre instance est en cours."
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac
domain=${1:-}
email=${2:-}
if [ $# -lt 2 ] || [ $# -gt 3 ]; then usage >&2; exit 2; fi
label='[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
[[ $domain =~ ^($label\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$ && ${#domain} -le 253 ]] ||
  fail 2 "DOMAIN must be a name such as preprod.blingauto.com." "DOMAINE doit être un nom comme preprod.blingauto.com."
[[ $email =~ ^[A-Za-z0-9._%+-]+@($label\.)+[A-Za-z0-9-]{2,63}$ ]] ||
  fail 2 "EMAIL must be an address such as admin@blingauto.com." "EMAIL doit être une adresse comme admin@blingauto.com."
case "${3:-0}" in
  0) server=${ACME_SERVER:-$production} ;;
  1) server=${ACME_SERVER:-$staging} ;;
  *) usage >&2; exit 2 ;;
esac

find_compose
lock_or_leave
[ -f "$env_file" ] || fail 4 "There is no $env_file: deploy first (scripts/deploy-preprod.sh)." \
  "Il n'y a pas de $env_file : déployez d'abord (scripts/deploy-preprod.sh)."
[ -n "$(container nginx)" ] || fail 3 "nginx does not run, the authority asks it: scripts/deploy-preprod.sh start" \
  "nginx n'est pas démarré, l'autorité l'interroge : scripts/deploy-preprod.sh start"
mkdir -p certbot/conf certbot/www

# One from another authority would be kept until it is due.
again=(--keep-until-expiring)
if ! grep -Fqx "server = $server" certbot/conf/renewal/blingauto.conf 2>/dev/null; then again=(--force-renewal); fi

step "A certificate for $domain from $server" "Un certificat pour $domain auprès de $server"
"${compose_command[@]}" -f "$letsencrypt" --env-file "$env_file" run --rm -T --no-deps certbot certonly \
  --non-interactive --agree-tos --no-eff-email --email "$email" --server "$server" \
  --webroot --webroot-path /var/www/certbot --cert-name blingauto --domain "$domain" "${again[@]}" </dev/null ||
  fail 1 "No certificate was given. Does $domain lead here, and is port 80 open?" \
    "Aucun certificat n'a été donné. $domain mène-t-il ici, et le port 80 est-il ouvert ?"

step 'Start with its renewal' 'Démarrage avec son renouvellement'
"${compose_command[@]}" -f "$letsencrypt" --env-file "$env_file" up -d certbot
say "Ready: https://$domain/health" "Prêt : https://$domain/health"
