import type { DnsAnswer, HttpAnswer, TlsAnswer } from './evidence.ts'

/** What is asked over the network, from this machine. None of them rejects but for a stop of the order. */
export interface Probes {
  http(url: string): Promise<HttpAnswer>
  /** The certificate on port 443 of this machine, whatever the name resolves to. */
  tls(domain: string): Promise<TlsAnswer>
  /** Where a name leads by DNS alone, not by /etc/hosts. */
  dns(domain: string): Promise<Omit<DnsAnswer, 'own'>>
  /** For how long the app on this port of this machine keeps a connection that nobody uses; null where it does not show. */
  keepAliveSec(port: number): Promise<number | null>
  ownAddresses(): string[]
  /** How far the control plane's clock is ahead; null when it is not known. */
  clockSkewMs(): Promise<number | null>
}
