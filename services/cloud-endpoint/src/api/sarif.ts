import type { z } from 'zod';
import type { Workload } from './model.ts';

const levels: Readonly<Record<string, string>> = { Critical: 'error', High: 'error', Medium: 'warning' };

/** Failed controls in SARIF 2.1.0: a result for each object and control, at its file where one is known. */
export function* sarif(items: Iterable<z.output<typeof Workload>>): Generator<string> {
  const rules = new Map<string, object>();
  yield '{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"results":[';
  let separator = '';
  for (const { id, kind, namespace, name, source, controls } of items)
    for (const control of controls.filter(({ status }) => status === 'failed')) {
      const { controlId, severity, messages, firstSeen } = control;
      rules.set(controlId, { id: controlId, name: control.name, shortDescription: { text: control.name } });
      const location = {
        logicalLocations: [{ name, kind: 'resource', fullyQualifiedName: id }],
        ...(source === undefined ? {} : { physicalLocation: { artifactLocation: { uri: encodeURI(source) } } }),
      };
      const object = [namespace, kind, name].filter((part) => part !== '').join('/');
      const result = {
        ruleId: controlId,
        level: levels[severity] ?? 'note',
        message: { text: `${object}: ${messages.length === 0 ? control.name : messages.join(' ')}` },
        locations: [location],
        partialFingerprints: { 'objectAndControl/v1': `${id}/${controlId}` },
        properties: { severity, firstSeen },
      };
      yield `${separator}\n${JSON.stringify(result)}`;
      separator = ',';
    }
  const driver = { name: 'cloud-endpoint', rules: [...rules.values()] };
  yield `\n],"tool":{"driver":${JSON.stringify(driver)}}}]}\n`;
}
