/** Builders of reports as the suite's senders make them, for tests and for looking at the page. */

export interface ControlOptions {
  readonly id: string;
  readonly name?: string;
  readonly status?: 'passed' | 'failed' | 'skipped';
  readonly subStatus?: string;
  readonly info?: string;
  readonly scoreFactor?: number;
  readonly paths?: readonly object[];
  /** What was found, in plain words. */
  readonly messages?: readonly string[];
  /** Exception policies that cover it. */
  readonly exceptions?: readonly object[];
}

export interface ObjectOptions {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly file?: string;
  readonly controls?: readonly ControlOptions[];
  /** Makes it one of the workloads of the highest risk. */
  readonly risk?: number;
}

export interface PostureOptions {
  readonly cluster?: string;
  readonly guid?: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly objects?: readonly ObjectOptions[];
  readonly part?: readonly [number: number, isLast: boolean];
  /** Makes it a report of single objects; the ids are of objects that are gone. */
  readonly deleted?: readonly string[];
  readonly complianceScore?: number;
  readonly more?: object;
}

export function resourceIdOf({ apiVersion = 'apps/v1', namespace = 'shop', kind = 'Deployment', name }: ObjectOptions) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return `${group}/${version}/${namespace}/${kind}/${name}`;
}

/** Wire variant of the posture report (scanner.md 8). */
export function postureReport(options: PostureOptions = {}) {
  const objects = options.objects ?? [];
  const controls = objects.flatMap((object) => object.controls ?? []);
  const [chunkNumber, isLastChunk] = options.part ?? [0, true];
  return {
    clusterName: options.cluster ?? 'minikube',
    customerGUID: '',
    reportGUID: options.guid ?? '7f1c9a52-1111-4222-8333-444455556666',
    generationTime: options.time ?? '2026-11-30T10:00:00.123456789Z',
    clusterAPIServerInfo: { major: '1', minor: '36', gitVersion: 'v1.36.1' },
    clusterCloudProvider: '',
    attributes: null,
    summaryDetails: {
      complianceScore: options.complianceScore ?? 60,
      controls: Object.fromEntries(controls.map((control) => [control.id, controlSummary(control)])),
    },
    resources: objects.map((object) => ({
      resourceID: resourceIdOf(object),
      object: {
        apiVersion: object.apiVersion ?? 'apps/v1',
        kind: object.kind ?? 'Deployment',
        metadata: { name: object.name, namespace: object.namespace ?? 'shop' },
      },
      ...(object.file === undefined ? {} : { source: { relativePath: object.file } }),
    })),
    results: objects
      .filter((object) => object.controls !== undefined)
      .map((object) => ({
        resourceID: resourceIdOf(object),
        controls: (object.controls ?? []).map(controlResult),
        ...(object.risk === undefined ? {} : { prioritizedResource: prioritized(object, object.risk) }),
      })),
    ...(options.deleted === undefined ? {} : { delta: { deletedResourceIDs: options.deleted } }),
    paginationInfo: { chunkNumber, isLastChunk },
    ...options.more,
  };
}

function prioritized(object: ObjectOptions, score: number) {
  const vector = (object.controls ?? []).map(({ id }) => ({
    controlID: id,
    category: 'Initial Access',
    tags: ['security'],
  }));
  const path = { attackTrackName: 'workload-external-track', type: 'control', vector, score, severity: 3 };
  return { resourceID: resourceIdOf(object), priorityVector: [path], score, severity: 3 };
}

function controlSummary({
  id,
  name = id,
  status = 'failed',
  subStatus = '',
  info = '',
  scoreFactor = 7,
}: ControlOptions) {
  return { controlID: id, name, status, statusInfo: { status, subStatus, info }, scoreFactor };
}

function controlResult({ id, name = id, status = 'failed', subStatus = '', info = '', ...more }: ControlOptions) {
  const findings = (more.messages ?? []).map((message) => ({ message }));
  const exception = more.exceptions === undefined ? {} : { exception: more.exceptions };
  const rules = [{ name: `rule-${id}`, status, subStatus, paths: more.paths ?? [], findings, ...exception }];
  return { controlID: id, name, status: { status, subStatus, info }, rules };
}

export interface VulnerabilityOptions {
  readonly name: string;
  readonly package?: string;
  readonly version?: string;
  readonly severity?: string;
  readonly fixedIn?: string;
  readonly description?: string;
  readonly link?: string;
  readonly exceptions?: readonly object[];
}

export interface ScanOptions {
  readonly cluster?: string;
  readonly scanId?: string;
  /** Unix seconds. */
  readonly timestamp?: number;
  readonly tag?: string;
  readonly hash?: string;
  readonly workload?: {
    readonly namespace?: string;
    readonly kind?: string;
    readonly name: string;
    readonly container?: string;
  };
  readonly vulnerabilities?: readonly VulnerabilityOptions[];
  readonly part?: readonly [number: number, isLast: boolean];
  readonly withSummary?: boolean;
  readonly database?: { readonly built?: string; readonly label?: string };
  readonly jobId?: string;
  /** What another database found that was not found before, and the other way round. */
  readonly change?: { readonly appeared: readonly string[]; readonly disappeared: readonly string[] };
}

const someScan = {
  cluster: 'minikube',
  scanId: 'scan-1',
  timestamp: 1_795_946_400,
  tag: 'docker.io/library/web:1.4',
  hash: `docker.io/library/web@sha256:${'a1'.repeat(32)}`,
  workload: { name: 'web' } as NonNullable<ScanOptions['workload']>,
  part: [0, true] as const,
  withSummary: true,
};

/** Container scan report (kubevuln.md 10). */
export function containerScan(given: ScanOptions = {}) {
  const options = { ...someScan, ...given };
  const image = { imageTag: options.tag, imageHash: options.hash };
  const { namespace = 'shop', kind = 'deployment', name, container = name } = options.workload;
  const [chunkNumber, isLastChunk] = options.part;
  const summary = {
    ...image,
    containerName: container,
    jobIDs: options.jobId === undefined ? null : [options.jobId],
    imageManifest: { architecture: 'amd64', os: 'linux', size: 21_000_000, layers: [] },
    ...(options.change === undefined ? {} : { findingsChange: findingsChange(options.change) }),
    ...(options.database === undefined ? {} : { vulnerabilityDatabase: options.database }),
  };
  return {
    designators: {
      designatorType: 'Attributes',
      attributes: { cluster: options.cluster, namespace, kind, name, containerName: container },
    },
    containersScanID: options.scanId,
    timestamp: options.timestamp,
    ...(options.withSummary ? { summary } : {}),
    vulnerabilities: options.vulnerabilities?.map((each) => ({ ...image, ...vulnerability(each) })) ?? null,
    paginationInfo: { chunkNumber, isLastChunk },
  };
}

function findingsChange(change: NonNullable<ScanOptions['change']>) {
  const part = (names: readonly string[]) => ({
    total: names.length,
    first: names.map((id) => ({ id, package: 'openssl', version: '3.0.1', type: 'deb' })),
  });
  return {
    since: { databaseBuilt: '2026-11-28T00:00:00Z', matcher: 'grype' },
    appeared: part(change.appeared),
    disappeared: part(change.disappeared),
    altered: part([]),
  };
}

function vulnerability(each: VulnerabilityOptions) {
  return {
    name: each.name,
    packageName: each.package ?? 'openssl',
    packageVersion: each.version ?? '3.0.1',
    packageType: 'deb',
    severity: each.severity ?? 'High',
    description: each.description ?? `What ${each.name} is about.`,
    link: each.link ?? `https://nvd.nist.gov/vuln/detail/${each.name}`,
    fixedIn: [{ name: each.fixedIn === undefined ? 'not-fixed' : 'fixed', version: each.fixedIn ?? '' }],
    ...(each.exceptions === undefined ? {} : { exceptionApplied: each.exceptions }),
  };
}

/** Failed image scan (kubevuln.md 10.9). */
export function scanFailure(
  options: { cluster?: string; tag?: string; reason?: string; error?: string; name?: string; time?: string } = {},
) {
  const { cluster = 'minikube', name = 'web' } = options;
  return {
    customerGUID: '',
    workloads: [
      { clusterName: cluster, namespace: 'shop', workloadKind: 'Deployment', workloadName: name, containerName: name },
    ],
    imageTag: options.tag ?? 'registry.example.com/private/app:2',
    failureCase: 1,
    failureReason: options.reason ?? 'image_pull_failed',
    ...(options.error === undefined ? {} : { error: options.error }),
    timestamp: options.time ?? '2026-11-30T10:05:00Z',
  };
}

/** A step of a job (operator-gateway.md 7.1). */
export function systemReport(options: { jobId?: string; status?: string; sequence?: number; more?: object } = {}) {
  const numSeq = options.sequence ?? 1;
  return {
    customerGUID: '',
    reporter: 'Websocket',
    target: 'wlid://cluster-minikube/',
    status: options.status ?? 'started',
    action: 'scan',
    actionID: String(numSeq),
    numSeq,
    jobID: options.jobId ?? 'job-1',
    timestamp: `2026-11-30T10:00:0${numSeq}.000Z`,
    ...options.more,
  };
}
