/** Why an order is not executed. */
export interface Refusal {
  code:
    | 'refused_signature'
    | 'refused_policy'
    | 'missing_privilege'
    | 'unknown_type'
    | 'invalid_payload'
    | 'secrets_unopened'
    | 'already_executed'
    | 'unreadable_order'
  message: string
}
