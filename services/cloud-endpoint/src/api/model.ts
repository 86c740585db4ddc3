import { z } from 'zod';

/** What the own API answers. The OpenAPI document is made from these, and a test holds every answer against them. */

const time = z.iso.datetime().describe('RFC 3339, UTC');
const count = z.int().min(0);

export const SeverityCounts = z.strictObject({
  critical: count,
  high: count,
  medium: count,
  low: count,
  negligible: count,
  unknown: count,
});

export const Cluster = z.strictObject({
  name: z.string(),
  account: z.string(),
  provider: z.string().optional(),
  version: z.string().optional(),
  firstSeen: time,
  lastSeen: time,
  complianceScore: z.number().optional(),
  failures: SeverityCounts.describe('failed pairs of object and control'),
  images: count,
  notEvaluatedImages: count,
  vulnerabilities: SeverityCounts,
});

const Control = z.strictObject({
  controlId: z.string(),
  name: z.string(),
  severity: z.string(),
  status: z.enum(['passed', 'failed', 'skipped']).or(z.string()),
  subStatus: z.string().optional(),
  info: z.string().optional(),
});

export const PostureState = z.strictObject({
  reportGuid: z.string(),
  jobId: z.string().optional(),
  generatedAt: time,
  target: z.string().optional().describe('context or folder that was scanned'),
  isComplete: z.boolean().describe('all parts of the report are here'),
  partsReceived: count,
  partsExpected: count.optional().describe('known once the last part is here'),
  complianceScore: z.number().optional(),
  lastChange: time.optional().describe('newest report of single objects'),
  objects: count,
  failedObjects: count,
  failures: SeverityCounts,
  failedControls: count,
  notEvaluatedControls: z.array(Control),
  unreadableKinds: z.array(z.strictObject({ kind: z.string(), error: z.string() })),
});

export const VulnerabilityDatabase = z.strictObject({
  built: z.string().optional(),
  label: z.string().optional().describe('set for a database that is not a real one, such as the sample'),
  images: count.describe('images whose findings come from it'),
});

export const Summary = z.strictObject({
  cluster: Cluster,
  posture: PostureState.optional().describe('absent until the first posture report'),
  images: z.strictObject({
    total: count,
    scanned: count,
    notEvaluated: count,
    incomplete: count,
    vulnerabilities: SeverityCounts,
    fixable: count,
    databases: z.array(VulnerabilityDatabase),
  }),
  namespaces: z.array(z.string()),
  jobs: z.strictObject({ total: count, running: count, failed: count }),
  receipts: z.strictObject({
    reports: count,
    deliveries: count.describe('equal to reports when everything came exactly once'),
  }),
});

export const FindingPath = z.strictObject({
  type: z.enum(['failed', 'review', 'delete', 'fix', 'command']),
  path: z.string(),
  value: z.string().optional(),
});

export const Priority = z.strictObject({
  score: z.number().describe('higher is worse; compares workloads of one cluster only'),
  paths: z.array(
    z.strictObject({
      attackTrack: z.string(),
      score: z.number(),
      steps: z.array(z.strictObject({ controlId: z.string(), category: z.string() })),
    }),
  ),
});

export const Workload = z.strictObject({
  id: z.string().describe('resource id (scanner.md 9)'),
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  source: z.string().optional().describe('file, for scans of manifests'),
  evaluatedAt: time,
  failures: SeverityCounts,
  notEvaluated: count,
  passed: z.array(z.string()).describe('ids of controls that passed'),
  controls: z.array(
    Control.extend({
      messages: z.array(z.string()),
      paths: z.array(FindingPath),
      exceptions: z
        .array(z.strictObject({ name: z.string(), reason: z.string().optional(), expires: z.string().optional() }))
        .describe('exceptions that cover findings of it'),
      firstSeen: time,
      lastSeen: time,
    }).describe('controls that did not simply pass'),
  ),
  priority: Priority.optional().describe('one of the workloads of the highest risk'),
  images: z.array(
    z.strictObject({ container: z.string(), key: z.string(), reference: z.string(), vulnerabilities: SeverityCounts }),
  ),
});

const ChangedFindings = z.strictObject({
  total: count,
  first: z
    .array(z.strictObject({ name: z.string(), package: z.string(), version: z.string() }))
    .describe('a hundred at most'),
});

export const ImageChange = z.strictObject({
  since: z.string().optional().describe('when that database was built'),
  appeared: ChangedFindings,
  disappeared: ChangedFindings,
});

export const Image = z.strictObject({
  key: z.string().describe('digest, or the normal form of the reference where no digest is known'),
  reference: z.string(),
  hash: z.string(),
  state: z.enum(['scanned', 'notEvaluated', 'incomplete']),
  platform: z.string().optional(),
  size: z.number().optional(),
  scannedAt: time.optional(),
  failure: z
    .strictObject({ at: time, reason: z.string(), case: z.number().optional(), error: z.string().optional() })
    .optional()
    .describe('the newest scan failed; findings, if any, are of the one before'),
  database: z.strictObject({ built: z.string().optional(), label: z.string().optional() }).optional(),
  alert: z.string().optional().describe('why findings of the distribution’s packages may be missing'),
  change: ImageChange.optional().describe('against the answer of the vulnerability database before'),
  vulnerabilities: SeverityCounts,
  fixable: count,
  workloads: z.array(
    z.strictObject({ namespace: z.string(), kind: z.string(), name: z.string(), container: z.string() }),
  ),
});

export const Posture = z.strictObject({
  state: PostureState.omit({ notEvaluatedControls: true }).optional().describe('absent until the first report'),
  frameworks: z.array(
    z.strictObject({
      name: z.string(),
      status: z.string(),
      version: z.string(),
      complianceScore: z.number().optional(),
    }),
  ),
  controls: z.array(
    Control.extend({
      failedObjects: count,
      acceptedObjects: count.describe('passed because of exceptions'),
      skippedObjects: count,
    }),
  ),
  prioritized: z.array(
    z.strictObject({ id: z.string(), kind: z.string(), namespace: z.string(), name: z.string(), priority: Priority }),
  ),
  exceptions: z
    .array(
      z.strictObject({
        id: z.string(),
        source: z.string(),
        status: z.string().describe('applied, unused, expired, shadowed or invalid'),
        resources: count,
        findings: count,
        problem: z.string().optional(),
      }),
    )
    .describe('what became of each exception in the newest full report that tells'),
  degradations: z
    .array(z.strictObject({ component: z.string(), reason: z.string() }))
    .describe('what the scan had to do without'),
});

export const Trends = z.strictObject({
  step: z.enum(['hour', 'day']),
  from: time,
  to: time,
  posture: z.array(
    z
      .strictObject({ at: time, complianceScore: z.number().optional(), failures: SeverityCounts })
      .describe('last of its step'),
  ),
  vulnerabilities: z.array(
    z.strictObject({ at: time, images: count, fixable: count, counts: SeverityCounts }).describe('last of its step'),
  ),
});

export const Registry = z.strictObject({
  name: z.string(),
  repositories: count,
  seenAt: time,
  jobId: z.string().optional(),
});
export const Repository = z.strictObject({ name: z.string() });

export const Vulnerability = z.strictObject({
  name: z.string(),
  severity: z.string(),
  package: z.string(),
  version: z.string(),
  packageType: z.string(),
  fixState: z.string(),
  fixedIn: z.string(),
  isAccepted: z.boolean().describe('an exception applies; not counted'),
  description: z.string(),
  link: z.string(),
  image: z.strictObject({ key: z.string(), reference: z.string() }),
  firstSeen: time,
});

export const Job = z.strictObject({
  jobId: z.string(),
  parentId: z.string().optional(),
  action: z.string(),
  reporter: z.string(),
  target: z.string(),
  status: z.string(),
  details: z.string().optional(),
  errors: z.array(z.string()),
  firstAt: time,
  lastAt: time,
  children: count,
  failedChildren: count,
});

export const JobStep = z.strictObject({
  sequence: z.int(),
  at: time,
  status: z.string(),
  details: z.string(),
  errors: z.array(z.string()),
});

export const Receipt = z.strictObject({
  idempotencyKey: z.string(),
  route: z.string(),
  jobId: z.string().optional(),
  bytes: count,
  deliveries: count.describe('how often it came; beyond the first nothing changed'),
  firstAt: time,
  lastAt: time,
});

/** A page of a list: `next` goes into `after` for the page that follows. */
export function page<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), next: z.string().optional() });
}
