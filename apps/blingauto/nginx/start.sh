#!/bin/sh
# Serves HTTP until there is a certificate, HTTPS from then on. Looks every few seconds whether there is another certificate,
# whether the API has another address, and whether a log has grown.
set -eu

live=/etc/letsencrypt/live/blingauto
logs=/var/log/nginx
largest=20000000

choose() {
  mkdir -p /run/blingauto
  if [ -s "$live/fullchain.pem" ] && [ -s "$live/privkey.pem" ]; then
    cp /etc/blingauto/https.conf /run/blingauto/site.conf
  else
    cp /etc/blingauto/http.conf /run/blingauto/site.conf
  fi
}

# What nginx has read once, and would not read again by itself.
seen() {
  cat "$live/fullchain.pem" "$live/privkey.pem" 2>/dev/null | cksum
  getent hosts api | cut -d ' ' -f 1
}

follow() {
  was=$(seen)
  while sleep 3; do
    now=$(seen) || continue
    if [ "$now" != "$was" ]; then
      choose
      if nginx -q -c /etc/blingauto/nginx.conf -t && nginx -c /etc/blingauto/nginx.conf -s reload; then was=$now; fi
    fi
    for log in "$logs/access.log" "$logs/error.log"; do
      [ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -gt "$largest" ] || continue
      mv "$log" "$log.1"
      nginx -c /etc/blingauto/nginx.conf -s reopen
    done
  done
}

choose
follow &
exec nginx -c /etc/blingauto/nginx.conf -g 'daemon off;'
