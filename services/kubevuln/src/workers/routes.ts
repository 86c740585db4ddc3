import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sendUpstreamProblem } from '../routes/problem.ts';
import type { Received, SbomOrders } from './orders.ts';
import { orderFailurePath, orderPath, orderSbomPath, SbomFailure, sbomMediaType } from './protocol.ts';

interface OrderRoute {
  readonly Params: { readonly id: string };
}

/** Where workers read their orders and bring what they have made. Who may come is asked before (`requireToken`). */
export function registerWorkerRoutes(app: FastifyInstance, orders: SbomOrders): void {
  app.get<OrderRoute>(orderPath, (request, reply) => {
    const order = orders.get(request.params.id);
    if (order === undefined) return unknownOrder(reply);
    return reply.header('cache-control', 'no-store').send(order);
  });

  app.put<OrderRoute>(orderFailurePath, (request, reply) => {
    const failure = SbomFailure.safeParse(request.body);
    if (!failure.success) return sendUpstreamProblem(reply, 400, 'no failure of an SBOM');
    return orders.receiveFailure(request.params.id, failure.data) ? reply.code(204).send() : unknownOrder(reply);
  });

  app.register((scope, _options, done) => {
    // As it comes: it may be larger than what this process should hold.
    scope.addContentTypeParser(sbomMediaType, (_request, body, parsed) => parsed(null, body));
    scope.put<OrderRoute & { readonly Querystring: { readonly engineVersion?: string } }>(
      orderSbomPath,
      async (request, reply) => {
        const version = request.query.engineVersion ?? '';
        return answers[await orders.receiveSbom(request.params.id, version, request.body as Readable)](reply);
      },
    );
    done();
  });
}

const answers: Readonly<Record<Received, (reply: FastifyReply) => FastifyReply>> = {
  taken: (reply) => reply.code(204).send(),
  unknown: unknownOrder,
  otherVersion: (reply) => sendUpstreamProblem(reply, 409, 'the SBOM is of another version of the engine'),
  tooLarge: (reply) => sendUpstreamProblem(reply, 413, 'the SBOM is larger than maxSbomSize'),
};

function unknownOrder(reply: FastifyReply): FastifyReply {
  return sendUpstreamProblem(reply, 404, 'nobody waits for this order');
}
