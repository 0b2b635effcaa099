/**
 * Who connected, from the name that systemd gives the unit of a connection on a Unix socket: `<number>-<pid>-<uid>`, with
 * more in between in later versions, but always the uid last. Null when systemd could not tell, as for somebody in another
 * user namespace: nobody is served then.
 */
export function peerUidOf(instance: string): number | null {
  const [, uid] = /^\d+(?:-[\d_]+)+-(\d{1,10})$/.exec(instance) ?? []
  return uid === undefined ? null : Number(uid)
}
