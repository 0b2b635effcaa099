interface Named {
  /** Of the site: it has no underscore, so no two share one of these. */
  name: string
}

/** Of what a site makes for itself: files that somebody else wrote may have an upstream or a zone of the same name. */
export const ownName = ({ name }: Named) => `ikoma-${name}`

/** How its variables begin, for the same reason. */
export const ownVariable = ({ name }: Named) => `ikoma_${name.replaceAll('-', '_')}`
