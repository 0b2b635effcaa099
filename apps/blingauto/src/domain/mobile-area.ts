export interface Place {
  /** Degrees, north and east positive. */
  latitude: number
  longitude: number
}

/** Of a sphere as large as the Earth on average (IUGG mean radius). */
const earthRadiusM = 6_371_008.8

/** Along the surface, in metres: haversine, which errs by half a percent against the ellipsoid. */
export function distanceM(a: Place, b: Place): number {
  const [latA, latB] = [radians(a.latitude), radians(b.latitude)]
  const half = (from: number, to: number) => Math.sin((to - from) / 2) ** 2
  const part = half(latA, latB) + Math.cos(latA) * Math.cos(latB) * half(radians(a.longitude), radians(b.longitude))
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(part)))
}

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Whether a team that starts from `base` comes there. */
export function reaches(base: Place, radiusM: number, place: Place): boolean {
  return distanceM(base, place) <= radiusM
}
