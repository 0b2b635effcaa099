import fc from 'fast-check'

const seconds = Number(process.env.IKOMA_PROPERTY_SECONDS ?? 6)

/**
 * A property is tried as often as it says, or for this long: a busy machine tries fewer cases and fails none for its
 * slowness. CI gives each longer.
 */
fc.configureGlobal({ interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false })
