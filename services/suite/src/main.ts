import { createLogger, loadConfig, runMain } from '@kso/kit';
import { suiteConfig } from './config.ts';
import { createSuite } from './service.ts';

// All services in one pod (`profile: compact`). The command line builds its own: `kso up`.
await runMain(
  async (ports) => {
    const { env } = process;
    const { config } = loadConfig(suiteConfig, { env, logger: ports.logger });
    return createSuite(config, { ...ports, env, loggerFor: (service) => createLogger({ service, env }) });
  },
  { service: 'suite' },
);
