import type { UnknownRecord } from '@kso/domain';
import type { GroupKind } from '@kso/wire';
import type { Control } from '../../control.ts';
import { booleanAt, listAt, recordAt, recordsAt, stringAt, stringsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { type CloudAnswer, cloudRule } from './cloud-rule.ts';

/** Registries of clouds, and who may do what in them. */
export const registryControls: readonly Control[] = [
  {
    id: 'C-0221',
    rules: [
      cloudRule({
        name: 'ensure-image-scanning-enabled-cloud',
        kinds: [kinds.eksRepositories, kinds.gkeRepositories],
        judge: (data, { apiVersion }) =>
          apiVersion.startsWith(kinds.eksRepositories.group)
            ? unscanned(data, 'Repositories', (value) =>
                booleanAt(recordAt(value, 'ImageScanningConfiguration'), 'ScanOnPush'),
              )
            : unscanned(data, 'registries', (value) =>
                booleanAt(recordAt(value, 'vulnerabilityScanningConfig'), 'enableVulnerabilityScanning'),
              ),
      }),
    ],
  },
  reminder('C-0222', 'ensure-aws-policies-are-present', kinds.eksPolicies, 'policiesDocuments'),
  reminder('C-0251', 'list-role-definitions-in-acr', kinds.aksPolicyEntities, 'roleAssignments'),
  reminder('C-0308', 'list-iam-policies-in-gcp', kinds.gkePolicyEntities, 'rolesPolicies'),
  {
    id: 'C-0223',
    rules: [
      cloudRule({
        name: 'ensure_nodeinstancerole_has_right_permissions_for_ecr',
        kinds: [kinds.eksPolicyEntities],
        related: [kinds.eksPolicies],
        judge: (data, _object, { related, id }) => {
          const documents = related.all(kinds.eksPolicies);
          const answer = nodeRolePolicies(
            data,
            documents.map((document) => recordAt(recordAt(document, 'data'), 'policiesDocuments')),
          );
          return typeof answer === 'object' ? { ...answer, relatedIds: documents.map(id) } : answer;
        },
      }),
    ],
  },
  {
    id: 'C-0250',
    rules: [
      cloudRule({
        name: 'ensure-service-principle-has-read-only-permissions',
        kinds: [kinds.aksPolicyEntities],
        related: [kinds.aksPolicies],
        judge: (data, _object, { related, id }) => {
          const policies = related.all(kinds.aksPolicies);
          const definitions = policies.flatMap((policy) =>
            recordsAt(recordAt(policy, 'data'), 'roleDefinitions').map(({ value }) => value),
          );
          const answer = principalRoles(data, definitions);
          return typeof answer === 'object' ? { ...answer, relatedIds: policies.map(id) } : answer;
        },
      }),
    ],
  },
];

/** Nobody but people can judge who should have access: the control only says that they have to look. */
function reminder(id: string, name: string, kind: GroupKind, field: string): Control {
  return {
    id,
    rules: [
      cloudRule({
        name,
        kinds: [kind],
        judge: (data) => {
          const value = data[field];
          const isThere = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
          if (!isThere) return 'unknown';
          return {
            problem: 'lets these accounts at its images',
            path: field,
            found: `${Object.keys(value).length} entries`,
            wanted: 'access for those only who need it: people have to look',
          };
        },
      }),
    ],
  };
}

function unscanned(
  data: UnknownRecord,
  list: string,
  isScanned: (repository: UnknownRecord) => boolean | undefined,
): CloudAnswer {
  if (!Array.isArray(data[list]) || recordsAt(data, list).length < listAt(data, list).length) return 'unknown';
  const without = recordsAt(data, list).filter(({ value }) => isScanned(value) !== true);
  const [first] = without;
  if (first === undefined) return undefined;
  const names = without.map(
    ({ index, value }) => stringAt(value, 'RepositoryName') ?? stringAt(value, 'name') ?? String(index),
  );
  return {
    problem: 'uses a registry that does not search images for vulnerabilities',
    path: `${list}[${first.index}]`,
    found: names.join(', '),
    wanted: 'images searched when they are pushed',
  };
}

/** What nodes need to pull. */
const pullActions = [
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:BatchGetImage',
];
const readAction = /^ecr:(?:Get|List|Describe|BatchGet|BatchCheck)[A-Za-z]*$/;

/** The role of nodes may read from ECR what it has to, and write nothing. Statements about other services do not count. */
function nodeRolePolicies(data: UnknownRecord, documents: readonly UnknownRecord[]): CloudAnswer {
  const attached = Object.entries(recordAt(data, 'rolesPolicies')).flatMap(([policy, entities]) => {
    const roles = recordsAt(recordAt({ entities }, 'entities'), 'PolicyRoles');
    return roles.some(({ value }) => stringAt(value, 'RoleName')?.includes('NodeInstance') === true) ? [policy] : [];
  });
  const statements = attached.flatMap((policy) =>
    documents.flatMap((document) => recordsAt(recordAt(document, policy), 'Statement').map(({ value }) => value)),
  );
  const allowed = statements
    .filter((statement) => stringAt(statement, 'Effect') === 'Allow')
    .flatMap((statement) => textsAt(statement, 'Action'))
    .filter((action) => action === '*' || action.toLowerCase().startsWith('ecr:'));
  if (allowed.length === 0) return 'unknown';
  const writing = allowed.filter((action) => !readAction.test(action));
  const missing = pullActions.filter((action) => !allowed.includes(action) && writing.length === 0);
  if (writing.length === 0 && missing.length === 0) return undefined;
  return {
    problem: 'gives its nodes other rights at ECR than to pull images',
    path: 'rolesPolicies',
    found: writing.length > 0 ? writing.join(', ') : `without ${missing.join(', ')}`,
    wanted: pullActions.join(', '),
  };
}

function principalRoles(data: UnknownRecord, definitions: readonly UnknownRecord[]): CloudAnswer {
  const roles = recordsAt(data, 'roleAssignments').map(({ value }) => recordAt(value, 'properties'));
  const held = roles
    .filter((properties) => stringAt(properties, 'principalType') === 'ServicePrincipal')
    .map((properties) => lastPart(stringAt(properties, 'roleDefinitionId')));
  const known = definitions.filter((definition) => held.includes(lastPart(stringAt(definition, 'id'))));
  const writing = known.flatMap((definition) =>
    recordsAt(recordAt(definition, 'properties'), 'permissions')
      .flatMap(({ value }) => stringsAt(value, 'actions'))
      .filter((action) => !/(?:^|\/)read$/i.test(action)),
  );
  if (writing.length > 0)
    return {
      problem: 'gives a service principal more than the right to read',
      path: 'roleAssignments',
      found: [...new Set(writing)].join(', '),
      wanted: 'actions that end in /read',
    };
  const isComplete = roles.length > 0 && roles.length === listAt(data, 'roleAssignments').length;
  const isKnown = held.every((id) => known.some((definition) => lastPart(stringAt(definition, 'id')) === id));
  return isComplete && isKnown ? undefined : 'unknown';
}

function lastPart(id: string | undefined): string {
  return (id ?? '').split('/').at(-1)?.toLowerCase() ?? '';
}

/** AWS writes one text in place of a list of one. */
function textsAt(record: UnknownRecord, field: string): readonly string[] {
  const single = stringAt(record, field);
  return single === undefined ? stringsAt(record, field) : [single];
}
