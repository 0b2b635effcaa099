const appPlace = /^\/(srv|opt|home|var\/lib|var\/www)\/[^/]/

/** The system's own and IKOMA's among them: who writes there writes what root runs or believes. */
const taken = new RegExp(
  [
    '^/opt/(cni|containerd|ikoma)(/|$)',
    '^/var/lib/ikoma(/(runner|executor)(/|$)|$)',
    '^/var/lib/(ikoma-acme|apt|aptitude|cloud|cni|confexts|containerd|containers|dbus|dhcp|dkms|docker|dpkg|extensions|fwupd)(/|$)',
    '^/var/lib/(grub|incus|initramfs-tools|kubelet|letsencrypt|libvirt|logrotate|lxc|lxd|machines|misc|NetworkManager)(/|$)',
    '^/var/lib/(PackageKit|pam|polkit-1|portables|private|python|rancher|sgml-base|snapd|sudo|systemd|ucf|udisks2)(/|$)',
    '^/var/lib/(unattended-upgrades|ubuntu-|update-|usbutils|waagent|xml-core)',
  ].join('|'),
)

export const appPlaces = "below /srv, /opt, /home, /var/lib or /var/www, and not the system's or IKOMA's"

/** Where apps live: no other path may be given to an account that is not root. */
export function isAppPlace(path: string): boolean {
  return appPlace.test(path) && !taken.test(path)
}
