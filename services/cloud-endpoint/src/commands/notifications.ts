import { describeError, type HttpClient, type RotatingToken, type Secret } from '@kso/kit';
import type { JsonObject } from '@kso/wire';

/** What became of a notification (operator-gateway.md 3.4). */
export type NotificationResult =
  /** `receivers`: clients of the master gateway it went to; undefined if the gateway does not tell. */
  | { readonly outcome: 'sent'; readonly receivers: number | undefined }
  | { readonly outcome: 'refused' | 'unavailable'; readonly detail: string };

/** The way to the clusters: a master gateway. */
export interface Notifications {
  send(notification: JsonObject): Promise<NotificationResult>;
}

export interface GatewayOptions {
  /** REST side of the gateway, e.g. `http://gateway:8002`; asked for each time, since a port may be chosen late. */
  readonly url: () => string;
  /** Sent as `X-API-KEY`. */
  readonly key?: Secret | undefined;
  /** Shown as bearer token. */
  readonly token?: RotatingToken | undefined;
  readonly http: Pick<HttpClient, 'request'>;
}

const timeoutMs = 10_000;
const mostRead = 4096;

export function gatewayNotifications({ url, key, token, http }: GatewayOptions): Notifications {
  const post = async (notification: JsonObject) =>
    http.request(new URL('/v1/sendnotification', url()), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'x-api-key': key.reveal() }),
        ...(token === undefined ? {} : { authorization: `Bearer ${await token.get()}` }),
      },
      body: JSON.stringify(notification),
      signal: AbortSignal.timeout(timeoutMs),
    });
  return {
    send: async (notification) => {
      try {
        let answer = await post(notification);
        if (answer.statusCode === 401 && token !== undefined) {
          // It may just have been renewed.
          token.rejected();
          await answer.body.dump();
          answer = await post(notification);
        }
        const text = (await answer.body.text()).slice(0, mostRead);
        const { statusCode: status } = answer;
        if (status === 200) return { outcome: 'sent', receivers: countOf(answer.headers['x-notification-receivers']) };
        const detail = `the gateway answered ${status}: ${text.slice(0, 300)}`;
        return { outcome: status >= 500 || status === 429 ? 'unavailable' : 'refused', detail };
      } catch (error) {
        return { outcome: 'unavailable', detail: describeError(error) };
      }
    },
  };
}

function countOf(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined;
}
