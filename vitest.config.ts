import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    env: { NODE_ENV: 'test', KSO_LOG_LEVEL: 'silent', TZ: 'UTC' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'services/*/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'test/golden/**/*.test.ts',
            'test/support/**/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        // More than a thousand renderings of a second each, which do not touch each other.
        test: {
          name: 'chart',
          include: ['test/chart/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        // Runs on the node of a cluster that tools/testing/e2e.ts starts: pnpm test:e2e.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Far more than any step takes: what waits says itself what did not come.
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        // Long outages and kills at full length: pnpm test:chaos.
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        // Changes for KSO_SOAK_MINUTES in each test (default 30): pnpm test:soak.
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          testTimeout: (Number(process.env['KSO_SOAK_MINUTES'] ?? 30) + 5) * 60_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
