import type { ApiDocument } from '@kso/kit';

const text = (description: string) => ({ description, content: { 'text/plain': { schema: { type: 'string' } } } });

/** OpenAPI 3.1 of the gateway's REST server. */
export function openApiDocument(): ApiDocument {
  return {
    openapi: '3.1.0',
    info: { title: 'gateway', version: '1', description: 'Passes notifications on to the clients that they are for.' },
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-API-KEY' } } },
    paths: {
      '/v1/sendnotification': {
        post: {
          summary: 'Send a notification to the clients with the attributes of its target',
          security: [{ key: [] }],
          requestBody: {
            description: 'JSON or BSON, of any media type.',
            content: {
              '*/*': {
                schema: {
                  type: 'object',
                  required: ['target', 'notification'],
                  properties: {
                    target: { type: 'object', additionalProperties: { type: 'string' } },
                    sendSynchronicity: { type: 'boolean' },
                    notification: {},
                  },
                },
              },
            },
          },
          responses: {
            200: {
              description: '`[]`; the header `x-notification-receivers` says to how many clients it went',
              content: { 'application/json': { schema: { type: 'array' } } },
            },
            400: text('it is no notification, or a client could not be reached'),
            401: text('no key, or a wrong one'),
            503: text('the key cannot be checked at present'),
          },
        },
      },
    },
  };
}
