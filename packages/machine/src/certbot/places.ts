export interface CertbotPlaces {
  config: string
  work: string
  logs: string
}

export const certbotPlaces: CertbotPlaces = {
  config: '/etc/letsencrypt',
  work: '/var/lib/letsencrypt',
  logs: '/var/log/letsencrypt',
}
