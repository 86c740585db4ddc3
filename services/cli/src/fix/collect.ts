import { isRecord, joinFieldPath, parseFieldPath } from '@kso/domain';
import type { FieldFix } from '@kso/manifests';
import type { LazyPostureReport } from '@kso/report';
import type { ReportControl, ReportResource } from '@kso/wire';

/** A field of a file that a control wants to be set. */
export interface FixTask extends FieldFix {
  readonly file: string;
  /** As people know the file. */
  readonly name: string;
  readonly controlId: string;
  /** `Deployment shop/web`. */
  readonly resource: string;
}

/** A failed control that no fix path tells how to repair. */
export interface ByHand {
  readonly controlId: string;
  readonly controlName: string;
  readonly resource: string;
  readonly reason: string;
}

/** What failed controls want to be set in files, the worst control first: of two that contradict each other the first one counts. */
export function collectFixes(
  report: LazyPostureReport,
  wants: (severity: string | undefined) => boolean,
): { readonly fixes: FixTask[]; readonly byHand: ByHand[] } {
  const scores = report.summaryDetails.controls;
  const resources = new Map<string, ReportResource>();
  for (const resource of report.resources) resources.set(resource.resourceID, resource);
  const fixes: FixTask[] = [];
  const byHand: ByHand[] = [];
  for (const { resourceID, controls } of report.results) {
    const resource = resources.get(resourceID);
    const failed = controls
      .filter(({ status, severity }) => status.status === 'failed' && wants(severity))
      .toSorted((a, b) => (scores[b.controlID]?.scoreFactor ?? 0) - (scores[a.controlID]?.scoreFactor ?? 0));
    for (const control of failed) {
      const made = fixesOf(control, resource);
      fixes.push(...made.fixes);
      if (made.reason !== undefined) {
        const { controlID: controlId, name: controlName } = control;
        byHand.push({ controlId, controlName, resource: nameOf(resourceID, resource), reason: made.reason });
      }
    }
  }
  return { fixes, byHand };
}

function fixesOf(
  control: ReportControl,
  resource: ReportResource | undefined,
): { readonly fixes: readonly FixTask[]; readonly reason?: string } {
  const source = resource?.source;
  if (source === undefined) return { fixes: [], reason: 'it concerns several objects' };
  if (source.document === undefined)
    return { fixes: [], reason: `${source.relativePath} is rendered (${source.fileType})` };
  const { document, documentPath } = source;
  const file = `${source.path}${source.path.endsWith('/') || source.path === '' ? '' : '/'}${source.relativePath}`;
  const paths = control.rules.flatMap(({ paths: all = [] }) => all);
  const set = paths.filter(({ fixPath }) => fixPath.path !== '');
  const object = resource?.object;
  const forbidden = set.map(({ fixPath }) => refusalOf(fixPath, object)).find((reason) => reason !== undefined);
  const fixes = set
    .filter(({ fixPath }) => refusalOf(fixPath, object) === undefined)
    .map(
      ({ fixPath }): FixTask => ({
        file,
        name: source.relativePath,
        document,
        path: joinFieldPath(documentPath, fixPath.path),
        value: fixPath.value,
        controlId: control.controlID,
        resource: nameOf('', resource),
      }),
    );
  const removals = paths.flatMap(({ deletePath }) =>
    deletePath === undefined || deletePath === '' ? [] : [deletePath],
  );
  if (removals.length > 0) return { fixes, reason: `to be removed: ${[...new Set(removals)].join(', ')}` };
  if (forbidden !== undefined) return { fixes, reason: forbidden };
  return fixes.length > 0 ? { fixes } : { fixes, reason: 'it has no fix of a single field' };
}

/** Why an API server would refuse the object with this field set. */
function refusalOf(
  { path, value }: { readonly path: string; readonly value: string },
  object: unknown,
): string | undefined {
  if (!path.endsWith('.securityContext.allowPrivilegeEscalation') || value !== 'false') return undefined;
  const parent = parseFieldPath(path).slice(0, -1).reduce(memberOf, object);
  if (!isRecord(parent)) return undefined;
  const { privileged, capabilities } = parent;
  const added = isRecord(capabilities) ? capabilities['add'] : undefined;
  const what = `${path} cannot be false while the container`;
  if (privileged === true) return `${what} is privileged`;
  const isAdmin = Array.isArray(added) && added.some((name) => name === 'SYS_ADMIN' || name === 'CAP_SYS_ADMIN');
  return isAdmin ? `${what} adds the capability SYS_ADMIN` : undefined;
}

function memberOf(value: unknown, part: string): unknown {
  if (Array.isArray(value)) return (value as unknown[])[Number(part)];
  return isRecord(value) ? value[part] : undefined;
}

function nameOf(id: string, resource: ReportResource | undefined): string {
  if (resource === undefined) return id;
  const { kind, metadata, name, namespace } = resource.object;
  const named = isRecord(metadata) ? metadata : { name, namespace };
  const place = typeof named['namespace'] === 'string' ? `${named['namespace']}/` : '';
  return `${String(kind)} ${place}${String(named['name'])}`;
}
