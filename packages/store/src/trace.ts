import type { AuditEntry, Signal } from '@ikoma/domain'

/** What a write leaves beside its rows, kept only when it succeeds. */
export class Trace {
  readonly entries: AuditEntry[] = []
  readonly signals: Signal[] = []

  audit(entry: AuditEntry): void {
    this.entries.push(entry)
  }

  signal(signal: Signal): void {
    this.signals.push(signal)
  }
}
