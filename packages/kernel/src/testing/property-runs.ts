import fc from 'fast-check'

/** A property is tried as often as it says, or for this long: a busy machine tries fewer cases and fails none for its slowness. */
fc.configureGlobal({ interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false })
