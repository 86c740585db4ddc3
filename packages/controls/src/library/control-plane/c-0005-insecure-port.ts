import type { Finding } from '@kso/wire';
import type { Control } from '../../control.ts';
import { listAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Container } from '../../objects/workload.ts';
import { containerRule, describeContainer } from '../../rules.ts';

const flag = /^--insecure-port(?:=(.*))?$/;

/** The API server must not serve without TLS and authentication. Judges the static pod of the API server. */
export const insecurePort: Control = {
  id: 'C-0005',
  rules: [
    containerRule({
      name: 'insecure-port-flag',
      kinds: [kinds.pod],
      applies: ({ name }) => name.includes('kube-apiserver'),
      check: (container) =>
        insecureArguments(container).map(
          ({ path, port }): Omit<Finding, 'container'> => ({
            message: `The ${describeContainer(container)} of the API server serves without TLS on port ${port}.`,
            paths: [
              { type: 'failed', path },
              { type: 'delete', path },
            ],
            found: `--insecure-port=${port}`,
            wanted: '--insecure-port=0 or the flag absent',
          }),
        ),
    }),
  ],
};

function insecureArguments({ raw, path }: Container): { path: string; port: string }[] {
  return (['command', 'args'] as const).flatMap((field) => {
    const list = listAt(raw, field);
    return list.flatMap((argument, index) => {
      const match = typeof argument === 'string' ? flag.exec(argument) : null;
      if (match === null) return [];
      const next = list[index + 1];
      const port = match[1] ?? (typeof next === 'string' ? next : '');
      return Number(port) === 0 ? [] : [{ path: `${path}.${field}[${index}]`, port }];
    });
  });
}
