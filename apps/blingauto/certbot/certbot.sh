#!/bin/sh
# Without arguments: renews what is due, twice a day, for ever. With arguments: certbot.
set -eu
# The root of an authority of one's own, where ACME_SERVER is one.
if [ -s /etc/letsencrypt/acme-ca.pem ]; then export REQUESTS_CA_BUNDLE=/etc/letsencrypt/acme-ca.pem; fi
# To try a renewal certbot would ask Let's Encrypt, whoever gave the certificate.
server=$(sed -n 's/^server = //p' /etc/letsencrypt/renewal/blingauto.conf 2>/dev/null || true)
case "$* $server" in
  *--dry-run*.letsencrypt.org/* | *'--dry-run ') ;;
  *--dry-run*) set -- "$@" --server "$server" ;;
esac
# Whoever asks by hand does not wait some minutes for the others of the world.
if [ "${1:-}" = renew ]; then set -- "$@" --no-random-sleep-on-renew; fi
if [ $# -gt 0 ]; then exec certbot "$@"; fi
trap 'exit 0' TERM INT
while :; do
  certbot renew --non-interactive --quiet || echo 'The renewal failed; the next one is tried in twelve hours.' >&2
  sleep 43200 &
  wait $!
done
