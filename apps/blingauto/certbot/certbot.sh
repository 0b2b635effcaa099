#!/bin/sh
# Without arguments: renews what is due, twice a day, for ever. With arguments: certbot.
set -eu
# The root of an authority of one's own, where ACME_SERVER is one.
if [ -s /etc/letsencrypt/acme-ca.pem ]; then export REQUESTS_CA_BUNDLE=/etc/letsencrypt/acme-ca.pem; fi
if [ $# -gt 0 ]; then exec certbot "$@"; fi
trap 'exit 0' TERM INT
while :; do
  certbot renew --non-interactive --quiet || echo 'The renewal failed; the next one is tried in twelve hours.' >&2
  sleep 43200 &
  wait $!
done
