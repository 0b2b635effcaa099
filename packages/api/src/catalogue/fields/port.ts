import * as z from 'zod'

export const portField = z.number().int().min(1).max(65_535)
