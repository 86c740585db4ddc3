import { createHash } from 'node:crypto';
import { isRecord } from '@kso/domain';
import type { ReportControl, ReportControlSummary, ReportResource } from '@kso/wire';
import { postureView } from '../posture-view.ts';
import type { FormatContext, ReadableReport } from './context.ts';
import { type FailedPath, fileOf, type Judged, judged, messagesOf, pathsOf, title } from './judged.ts';

/** Related places of one result. */
const maxRelated = 10;
type Source = NonNullable<ReportResource['source']>;

/**
 * SARIF 2.1.0 (OASIS, docs.oasis-open.org/sarif/sarif/v2.1.0): a rule for each control, a result for each resource that fails it, at
 * the line and column of the field at fault. Fingerprints do not change when lines move. Resources of a cluster have logical
 * locations only.
 */
export async function* sarif(report: ReadableReport, context: FormatContext): AsyncGenerator<string, void, undefined> {
  const controls = Object.values(report.summaryDetails.controls);
  const rules = controls.map((control) => ruleOf(control, context));
  const indices = new Map(controls.map(({ controlID }, index) => [controlID, index]));
  const driver = {
    name: 'kso',
    version: context.version,
    rules,
  };
  yield '{\n  "version": "2.1.0",\n  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",\n  "runs": [{\n';
  yield `    "tool": ${JSON.stringify({ driver })},\n    "columnKind": "utf16CodeUnits",\n`;
  yield `    "invocations": ${JSON.stringify([invocationOf(report)])},\n    "results": [`;
  let separator = '\n';
  const sources = sourcesOf(report);
  for (const resource of judged(report)) {
    for (const control of resource.failed) {
      const result = await resultOf(resource, control, indices.get(control.controlID), sources, context);
      yield `${separator}      ${JSON.stringify(result)}`;
      separator = ',\n';
    }
  }
  yield '\n    ]\n  }]\n}\n';
}

function ruleOf(control: ReportControlSummary, context: FormatContext): object {
  const { controlID, name, scoreFactor, severity } = control;
  const text = context.control(controlID);
  const description = text?.description ?? name;
  return {
    id: controlID,
    name: pascalCase(name),
    shortDescription: { text: name },
    fullDescription: { text: description },
    help: {
      text: `${description}\n\nRemediation: ${text?.remediation ?? '–'}`,
    },
    helpUri: `https://hub.armosec.io/docs/${controlID.toLowerCase().replaceAll('.', '-')}`,
    defaultConfiguration: { level: levelOf(scoreFactor) },
    properties: {
      'security-severity': scoreFactor.toFixed(1),
      precision: 'high',
      tags: ['security', 'kubernetes', ...(severity === undefined ? [] : [severity.toLowerCase()])],
    },
  };
}

function levelOf(baseScore: number): 'error' | 'warning' | 'note' {
  if (baseScore >= 9) return 'error';
  return baseScore >= 4 ? 'warning' : 'note';
}

function pascalCase(name: string): string {
  const words = name.match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** What could not be looked at is a notification: a run without results says nothing about it. */
function invocationOf(report: ReadableReport): object {
  // Neither list is needed for the gaps.
  const { gaps } = postureView({ ...report, results: [], resources: [] });
  return {
    executionSuccessful: true,
    endTimeUtc: report.generationTime,
    toolExecutionNotifications: gaps.map(({ what, reason }) => ({
      level: 'warning',
      message: { text: `${what}: ${reason}` },
    })),
  };
}

/** Files by the kind, namespace and name of what they hold: bindings and roles behind an RBAC subject have no result of their own. */
function sourcesOf(report: ReadableReport): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const { resource, kind, namespace, name } of judged(report))
    if (resource?.source !== undefined) sources.set(`${kind}/${namespace}/${name}`, resource.source);
  return sources;
}

async function resultOf(
  resource: Judged,
  control: ReportControl,
  ruleIndex: number | undefined,
  sources: ReadonlyMap<string, Source>,
  context: FormatContext,
): Promise<object> {
  const paths = pathsOf(control);
  const places: object[] = [];
  for (const path of paths.slice(0, maxRelated + 1)) places.push(await locationOf(resource, path, sources, context));
  if (places.length === 0) places.push(await locationOf(resource, { type: 'failed', path: '' }, sources, context));
  // Readers that show files only need the first one to be in a file.
  const [first, ...others] = places.toSorted(
    (a, b) => Number('physicalLocation' in b) - Number('physicalLocation' in a),
  );
  const { source } = resource.resource ?? {};
  const file = source === undefined ? '' : context.fileName(fileOf(source));
  const fixes = paths.filter(({ type }) => type === 'fix').map(({ path, value }) => `${path}: ${value}`);
  const sentences = [...messagesOf(control), ...(fixes.length === 0 ? [] : [`Set ${fixes.join(', ')}.`])];
  return {
    ruleId: control.controlID,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: levelOfSeverity(control.severity),
    message: { text: `${title(resource)}: ${sentences.join(' ') || `${control.name}.`}` },
    locations: [first],
    ...(others.length === 0
      ? {}
      : { relatedLocations: others.map((location, index) => ({ id: index + 1, ...location })) }),
    partialFingerprints: {
      'resourceAndControl/v1': fingerprint([file, title(resource), resource.apiVersion, control.controlID]),
    },
  };
}

function levelOfSeverity(severity: string | undefined): 'error' | 'warning' | 'note' {
  if (severity === 'Critical') return 'error';
  return severity === 'High' || severity === 'Medium' ? 'warning' : 'note';
}

function fingerprint(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}

async function locationOf(
  resource: Judged,
  { type, path, value }: FailedPath,
  sources: ReadonlyMap<string, Source>,
  context: FormatContext,
): Promise<object> {
  const { source, field } = sourceOf(resource, path, sources);
  const text = type === 'fix' ? `Set ${path} to ${value}.` : `${wordsFor[type]} ${path}.`;
  const logical = {
    logicalLocations: [
      {
        name: path === '' ? resource.name : path,
        fullyQualifiedName: path === '' ? resource.id : `${resource.id}#${path}`,
        kind: path === '' ? 'resource' : 'member',
      },
    ],
    ...(path === '' ? {} : { message: { text } }),
  };
  if (source === undefined) return logical;
  const place = await placeOf(source, field, context);
  return {
    physicalLocation: {
      artifactLocation: {
        uri: uriOf(context.fileName(fileOf(source))),
        ...(isAbsolute(source, context) ? {} : { uriBaseId: '%SRCROOT%' }),
      },
      region: { startLine: place.line, startColumn: place.column },
    },
    ...logical,
  };
}

const wordsFor = { failed: 'Look at', review: 'Review', delete: 'Remove' } as const;

/** `relatedObjects[1].rules[0]` is a place in the file of that object. */
function sourceOf(
  { resource }: Judged,
  path: string,
  sources: ReadonlyMap<string, Source>,
): { readonly source: Source | undefined; readonly field: string } {
  const related = /^relatedObjects\[(\d+)\]\.?/.exec(path);
  const objects = resource?.object['relatedObjects'];
  if (!Array.isArray(objects)) return { source: resource?.source, field: path };
  const found: unknown = objects[Number(related?.[1] ?? 0)];
  const { kind, metadata } = isRecord(found) ? found : {};
  const { namespace, name } = isRecord(metadata) ? metadata : {};
  const key = [kind, namespace, name].map((part) => (typeof part === 'string' ? part : '')).join('/');
  return { source: resource?.source ?? sources.get(key), field: path.slice(related?.[0].length ?? 0) };
}

async function placeOf(source: Source, field: string, { locate }: FormatContext) {
  const { line = 1, document, documentPath } = source;
  const start = { line, column: 1 };
  if (locate === undefined || document === undefined) return start;
  const prefix = documentPath === undefined ? '' : `${documentPath}${field === '' ? '' : '.'}`;
  return (await locate(fileOf(source), document, `${prefix}${field}`)) ?? start;
}

function isAbsolute(source: Source, { fileName }: FormatContext): boolean {
  return fileName(fileOf(source)).startsWith('/');
}

function uriOf(file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${path}` : path;
}
