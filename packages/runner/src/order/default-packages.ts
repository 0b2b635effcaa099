/** What the backends that IKOMA deploys need from Debian and Ubuntu, and what one needs to look after a server. */
export const defaultPackages = [
  ...['ca-certificates', 'curl', 'git', 'gnupg', 'jq', 'rsync', 'tar', 'unzip', 'wget', 'xz-utils'],
  ...['build-essential', 'python3', 'python3-pip', 'python3-venv', 'pipx'],
  ...['sqlite3', 'postgresql', 'postgresql-client', 'redis-server', 'redis-tools'],
  ...['caddy', 'nginx', 'nginx-light', 'certbot', 'haproxy'],
  ...['docker.io', 'docker-compose', 'docker-compose-v2'],
  ...['clamav', 'clamav-daemon', 'clamav-freshclam'],
  ...['ufw', 'fail2ban', 'unattended-upgrades', 'needrestart', 'logrotate', 'cron', 'chrony'],
  ...['bind9-dnsutils', 'htop', 'iproute2', 'lsof', 'procps', 'openssl'],
]
