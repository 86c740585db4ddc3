import { createRequire } from 'node:module';
import type {
  Counter,
  CounterConfiguration,
  Gauge,
  GaugeConfiguration,
  Histogram,
  HistogramConfiguration,
  Registry,
} from 'prom-client';

export type { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of one process. Asking twice for a name gives the same metric, so services of one process may share them. */
export interface Metrics {
  readonly registry: Registry;
  counter<T extends string = string>(options: CounterConfiguration<T>): Counter<T>;
  gauge<T extends string = string>(options: GaugeConfiguration<T>): Gauge<T>;
  histogram<T extends string = string>(options: HistogramConfiguration<T>): Histogram<T>;
}

const require = createRequire(import.meta.url);

// By file and not by package name: the package's index loads its process metrics and with them @opentelemetry/api,
// which costs 20 MB and which nobody gets who has not asked for tracing.
const RegistryClass = require('prom-client/lib/registry') as typeof Registry;
const CounterClass = require('prom-client/lib/counter') as typeof Counter;
const GaugeClass = require('prom-client/lib/gauge') as typeof Gauge;
const HistogramClass = require('prom-client/lib/histogram') as typeof Histogram;

/** A registry of its own; nothing is kept in a global. */
export function createMetrics(): Metrics {
  const registry = new RegistryClass();
  const find = (name: string) => registry.getSingleMetric(name);
  return {
    registry,
    counter: <T extends string>(options: CounterConfiguration<T>) =>
      (find(options.name) as Counter<T> | undefined) ?? new CounterClass({ ...options, registers: [registry] }),
    gauge: <T extends string>(options: GaugeConfiguration<T>) =>
      (find(options.name) as Gauge<T> | undefined) ?? new GaugeClass({ ...options, registers: [registry] }),
    histogram: <T extends string>(options: HistogramConfiguration<T>) =>
      (find(options.name) as Histogram<T> | undefined) ?? new HistogramClass({ ...options, registers: [registry] }),
  };
}
