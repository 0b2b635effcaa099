// The least that answers HTTP here: Fastify with one validated route, which keeps and checks nothing.
import fastify from 'fastify'

const app = fastify()
const body = {
  type: 'object',
  properties: { type: { type: 'string' }, runnerId: { type: 'string' } },
  required: ['type'],
}
app.post('/', { schema: { body } }, async (request) => ({ got: request.body }))
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ url })}\n`)
