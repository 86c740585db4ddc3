import { KsoError } from '@kso/kit';
import type { JsonObject, KubeObject } from '@kso/wire';
import { serialize } from 'bson';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOperatorCommand } from '../custom-resources/operator-command.ts';
import { operatorErrors } from '../errors.ts';
import { decodeFrame } from '../gateway/notification.ts';
import { readCommonFields, readProviderFields } from '../registries/registry-object.ts';
import { bodyOf, zeroTime } from '../schedules/schedule-body.ts';
import { operatorConfig } from '../service.ts';
import { type Command, commandId, decodeCommands, parseCommands } from './command.ts';
import { CommandRecord, toJson } from './plan.ts';
import { recordOf } from './read-plan.ts';

const schedules = ['Kubescape', 'VulnScan', 'RegistryScan'].flatMap((kind) =>
  ['set', 'update', 'delete'].map((verb) => `${verb}${kind}CronJob`),
);
const commandNames =
  `kubescapeScan runKubescapeJob scan scanRegistry testRegistryConnectivity scanRegistryV2 operatorAction
  scanContainerProfile nope __proto__ constructor ${schedules.join(' ')}`.split(/\s+/);
/** Members that some decoder looks for, and those that JavaScript has opinions about. */
const memberNames =
  `commands commandName designators wlid wildWlid sid wildSid jobTracking jobID args parentAction numSeq
  designatorType attributes namespace kind name labels fieldSelector scanV1 targetNames targetType scanObject metadata jobParams
  cronTabSchedule timeZone registryInfo-v1 registryName authMethod type password include secretName registry-secret provider
  repositories instanceURL key action target selector dryRun priority guid
  __proto__ constructor prototype toString hasOwnProperty`.split(/\s+/);

/** Each letter in either case. */
function mixCase(text: string, flips: Iterator<boolean>): string {
  return text.replaceAll(/[a-z]/gi, (letter) => (flips.next().value ? letter.toUpperCase() : letter.toLowerCase()));
}

const flips = fc.infiniteStream(fc.boolean());
const memberName = fc.oneof(
  fc.tuple(fc.constantFrom(...memberNames), flips).map(([text, stream]) => mixCase(text, stream)),
  fc.constantFrom(...memberNames, ''),
  fc.string(),
);
const leaf = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    -1,
    0,
    1e308,
    '',
    'wlid://cluster-a/namespace-b/deployment-c',
    '* * * * *',
    'x'.repeat(5000),
  ),
  fc.constantFrom(...commandNames, 'credentials', 'harbor', 'harbor.example.com/team', 'kubescape-registry-scan-1'),
  fc.string(),
  // JSON knows neither infinity nor -0.
  fc.maxSafeInteger().map((number) => number / 1000 + 0),
);
/** JSON of the senders' kind, and of all other kinds. `__proto__` is a member like any other, as JSON.parse makes it. */
const { value: junk } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(memberName, tie('value')), { maxLength: 6 })
      .map(
        (members) =>
          JSON.parse(`{${members.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`) as unknown,
      ),
  ),
}));
/** What is sent as it should be, with now and then something else in a place of it. */
const mostly = (value: unknown) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: junk });
const registry = fc.record({
  registryName: mostly('harbor.example.com/team'),
  registryProvider: mostly('harbor'),
  authMethod: mostly({ type: 'credentials', username: 'u', password: 'p' }),
  depth: mostly(2),
  include: mostly(['api']),
  provider: mostly('harbor'),
});
const likely = fc.record(
  {
    scanV1: mostly({ targetType: 'Framework', targetNames: ['nsa'] }),
    jobParams: mostly({ cronTabSchedule: '0 3 * * *', name: 'kubescape-registry-scan-1' }),
    labels: mostly({ app: 'api' }),
    'registryInfo-v1': fc.oneof(registry, junk),
    'registry-secret': mostly('kubescape-registry-scan-1'),
    action: mostly('annotate'),
    target: mostly({ kind: 'Pod', name: 'a' }),
    dryRun: mostly(true),
  },
  { noNullPrototype: true },
);
const wild = fc.dictionary(fc.constantFrom(...memberNames.filter((name) => name !== '__proto__')), junk, {
  maxKeys: 8,
});

const codes = new Set(Object.keys(operatorErrors));
const config = operatorConfig.schema.parse({ clusterName: 'prod' });
const options = { source: 'rest', config, priority: undefined, traceparent: undefined } as const;

/** A named error of ours or nothing; anything else is a fault. */
function named(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof KsoError) || !codes.has(error.code)) throw error;
  }
}

function commandsOf(body: unknown): readonly Command[] {
  const decoded = decodeCommands(body);
  if (!decoded.ok) throw new Error(decoded.problem);
  return decoded.commands;
}

describe('whatever is sent', () => {
  it('is commands, or says in one line what is wrong', () => {
    fc.assert(
      fc.property(junk, (body) => {
        const decoded = decodeCommands(body);
        expect(parseCommands(JSON.stringify(body))).toEqual(decoded);
        expect(decoded.ok ? 'commands' : decoded.problem).toMatch(/^[^\n]{1,500}$/);
      }),
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('becomes a command that can be kept, with a plan or a named failure', () => {
    const command = fc.record({
      commandName: fc.constantFrom(...commandNames),
      args: fc.oneof({ weight: 4, arbitrary: likely }, wild),
      more: fc.oneof(fc.record({ wlid: mostly('wlid://cluster-a/namespace-b/deployment-c') }), junk),
    });
    fc.assert(
      fc.property(command, ({ commandName, args: given, more }) => {
        const decoded = decodeCommands({ commands: [{ ...(more as object), commandName, args: given }] });
        for (const each of decoded.ok ? decoded.commands : []) {
          const kept = CommandRecord.parse(toJson(recordOf(each, 'job', options)));
          expect(kept.plan.type !== 'rejected' || codes.has(kept.plan.failure.code)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('by the gateway is commands, ignored or malformed', () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .record({ target: fc.constant({ dest: 'trigger' }), notification: junk })
        .map((one) => Buffer.from(JSON.stringify(one))),
      junk.map((value) => Buffer.from(serialize({ target: { dest: 'trigger' }, notification: { commands: value } }))),
    );
    const cut = fc.tuple(frame, fc.nat(400)).map(([bytes, length]) => bytes.subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(frame, cut), (bytes) => {
        expect(['commands', 'ignored', 'malformed']).toContain(decodeFrame(bytes).type);
      }),
      { numRuns: 1000 },
    );
  });

  it('by a custom resource is a command or a problem; a registry is one or a named error', () => {
    const object = fc.record({ spec: junk, status: junk, guid: junk, commandType: junk, body: junk });
    fc.assert(
      fc.property(object, ({ spec, status, ...fields }) => {
        const metadata = { name: 'a', namespace: 'kubescape' };
        for (const each of [spec, fields]) {
          const resource = { apiVersion: 'v1', kind: 'OperatorCommand', metadata, spec: each, status } as KubeObject;
          expect(readOperatorCommand(resource, 0)).toHaveProperty('ok');
        }
        named(() => readCommonFields(spec));
        for (const provider of ['aws', 'azure', 'google', 'harbor', 'quay', 'nexus', 'gitlab', '__proto__'])
          named(() => readProviderFields(provider, fields, { plainHttp: false, skipTlsVerify: false }));
      }),
    );
  });

  it.each([
    ['lists', '[', ']', 'rejected'],
    ['objects', '{"args":', '}', 'posture'],
  ])('may be nested as deeply as a body is long: %s', (_kind, open, close, plan) => {
    const depth = Math.floor((1024 * 1024) / (open.length + close.length)) - 100;
    const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
    const body = `{"commands":[{"commandName":"kubescapeScan","args":{"scanV1":${nested}}}]}`;
    const decoded = parseCommands(body);
    const plans = (decoded.ok ? decoded.commands : []).map((each) => recordOf(each, 'job', options).plan.type);
    expect(plans).toEqual([plan]);
    const frame = Buffer.from(`{"target":{"dest":"trigger"},"notification":${body}}`);
    expect(decodeFrame(frame)).toMatchObject({ type: 'commands' });
  });

  it('cannot give attributes or arguments another prototype', () => {
    const body =
      '{"commands":[{"commandName":"scan","args":{"__proto__":{"priority":"recurring"}},"designators":[{"attributes":{"__proto__":"x","namespace":"a"}}]}]}';
    const decoded = parseCommands(body);
    const [command] = decoded.ok ? decoded.commands : [];
    if (command === undefined) throw new Error('no command');
    expect(recordOf(command, 'job', options)).toMatchObject({
      priority: 'onDemand',
      plan: { type: 'images', scope: { namespaces: ['a'] } },
    });
  });
});

describe('a valid command', () => {
  const text = fc.string({ minLength: 1, maxLength: 50 });
  const attributes = fc.dictionary(fc.constantFrom('namespace', 'kind', 'name', 'container'), text);
  const valid = fc.record({
    commandName: fc.constantFrom(...commandNames),
    designators: fc.array(fc.record({ designatorType: text, wlid: text, attributes }), { maxLength: 3 }),
    wlid: fc.string(),
    wildWlid: fc.string(),
    parentAction: fc.string({ maxLength: 200 }),
    args: fc.dictionary(
      fc.constantFrom('labels', 'fieldSelector'),
      fc.dictionary(fc.constantFrom('app', 'tier'), text),
    ),
  });
  const designatorsOf = (given: { designatorType: string; wlid: string; attributes: Record<string, string> }[]) =>
    given.map((each) => ({ ...each, wildwlid: '', sid: '', attributes: { ...each.attributes } }));

  it('is the same after it has been written into a body and read from there', () => {
    fc.assert(
      fc.property(valid, ({ designators, ...given }) => {
        const body = bodyOf({ ...given, designators: designatorsOf(designators) });
        expect(JSON.stringify(body)).toContain(zeroTime);
        const [command] = commandsOf(JSON.parse(JSON.stringify(body)));
        const { commandName, wlid, wildWlid, args: arguments_ } = given;
        expect({ ...command }).toMatchObject({
          commandName,
          wlid,
          wildWlid,
          args: { ...arguments_ },
          designators: designatorsOf(designators),
        });
        expect(command?.jobTracking.parentAction).toBe(given.parentAction);
        expect(command && commandId(command)).toBe(designators.length > 0 ? 'designators' : wildWlid || wlid);
      }),
    );
  });

  it('is the same in any letter case of its keys', () => {
    const written = fc.tuple(valid, flips).map(([{ designators, ...given }, stream]) => {
      const body = bodyOf({ ...given, designators: designatorsOf(designators) });
      return { body, mixed: mixKeys(body, stream) };
    });
    fc.assert(
      fc.property(written, ({ body, mixed }) => {
        expect(decodeCommands(mixed)).toEqual(decodeCommands(body));
      }),
    );
  });
});

/** Keys of the structure in another case; those of `args` and `attributes` are not keys of it. */
function mixKeys(value: unknown, stream: Iterator<boolean>): unknown {
  if (Array.isArray(value)) return value.map((each) => mixKeys(each, stream));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, member]) => [
      mixCase(key, stream),
      key === 'args' || key === 'attributes' ? member : mixKeys(member, stream),
    ]),
  );
}
