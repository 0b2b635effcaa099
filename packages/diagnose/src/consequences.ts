/** What follows when an app does not get up, whatever keeps it down. */
export const appDown = [
  'restart_loop',
  'unit_failed',
  'port_not_listening',
  'upstream_down',
  'http_server_error',
  'http_no_answer',
  'program_ended',
  'pm2_errored',
  'pm2_restarting',
  'container_restarting',
  'container_exited',
] as const
