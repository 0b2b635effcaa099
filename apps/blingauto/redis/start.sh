#!/bin/sh
# The password by a file: on the command line everybody could read it, and any character may be in it.
set -eu
umask 077
{
  printf 'requirepass "'
  printf '%s' "$REDIS_PASSWORD" | sed 's/["\\]/\\&/g'
  printf '"\n'
  # Counters of limits and what can be made again; nothing is lost with what goes first.
  printf 'appendonly yes\ndir /data\nmaxmemory 256mb\nmaxmemory-policy volatile-lru\n'
} >/tmp/redis.conf
chown redis:redis /tmp/redis.conf
exec docker-entrypoint.sh redis-server /tmp/redis.conf
