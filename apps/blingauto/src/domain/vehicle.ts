/** From the smallest to the largest. */
export const vehicleSizes = ['compact', 'standard', 'large', 'oversized'] as const
export type VehicleSize = (typeof vehicleSizes)[number]

/** A size as people write it, `LARGE` or `large`; null when it is none. */
export function sizeOf(text: string): VehicleSize | null {
  return vehicleSizes.find((size) => size === text.toLowerCase()) ?? null
}

/** Whether a vehicle goes into a bay for vehicles of up to `largest`. */
export function fits(vehicle: VehicleSize, largest: VehicleSize): boolean {
  return vehicleSizes.indexOf(vehicle) <= vehicleSizes.indexOf(largest)
}

/** As it is stored and compared: a plate is the same however it is spaced. */
export function plateOf(text: string): string {
  return text
    .toUpperCase()
    .replace(/[\s-]+/g, '-')
    .replace(/^-|-$/g, '')
}
