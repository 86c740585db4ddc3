import { createServer } from 'node:net';
import { fail } from './errors.ts';

// Below the range from which the kernel takes ports for outgoing connections and for port 0 (32768 on Linux): between our look
// and the program's bind only another caller of this function could take the port.
const first = 10_240;
const count = 22_000;
const attempts = 50;

/** A loopback port that nothing listens on, for a program that cannot be given port 0 and asked afterwards. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = first + Math.floor(Math.random() * count);
    if (await canListen(port)) return port;
  }
  throw fail('NO_FREE_PORT', { attempts });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
