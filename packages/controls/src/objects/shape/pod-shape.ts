import { each, fields, list, type Shape } from './shape.ts';

const named = fields({ name: 'text' });
const seccomp = fields({ type: 'text' });
const seLinux = fields(each('text', 'type', 'user', 'role', 'level'));
const windows = fields({ hostProcess: 'boolean', ...each('text', 'gmsaCredentialSpecName', 'runAsUserName') });
const runAs: Readonly<Record<string, Shape>> = {
  runAsNonRoot: 'boolean',
  ...each('number', 'runAsUser', 'runAsGroup'),
  seccompProfile: seccomp,
  appArmorProfile: seccomp,
  seLinuxOptions: seLinux,
  windowsOptions: windows,
};

const container = fields({
  ...each('text', 'name', 'image', 'imagePullPolicy', 'restartPolicy'),
  ...each('texts', 'command', 'args'),
  env: list(
    fields({
      ...each('text', 'name', 'value'),
      valueFrom: fields(each(named, 'secretKeyRef', 'configMapKeyRef')),
    }),
  ),
  envFrom: list(fields(each(named, 'secretRef', 'configMapRef'))),
  ports: list(fields({ ...each('number', 'containerPort', 'hostPort'), ...each('text', 'name', 'protocol') })),
  resources: fields(each('scalarMap', 'limits', 'requests')),
  securityContext: fields({
    ...runAs,
    ...each('boolean', 'privileged', 'allowPrivilegeEscalation', 'readOnlyRootFilesystem'),
    procMount: 'text',
    capabilities: fields(each('texts', 'add', 'drop')),
  }),
  volumeMounts: list(fields({ ...each('text', 'name', 'mountPath', 'subPath', 'subPathExpr'), readOnly: 'boolean' })),
  ...each(fields(), 'livenessProbe', 'readinessProbe', 'startupProbe'),
});

const volume = fields({
  name: 'text',
  hostPath: fields(each('text', 'path', 'type')),
  secret: fields({ secretName: 'text' }),
  configMap: named,
  persistentVolumeClaim: fields({ claimName: 'text' }),
  projected: fields({ sources: list(fields(each(named, 'secret', 'configMap'))) }),
});

export const podSpec = fields({
  ...each('boolean', 'hostNetwork', 'hostPID', 'hostIPC', 'hostUsers', 'automountServiceAccountToken'),
  ...each('text', 'serviceAccountName', 'serviceAccount', 'runtimeClassName', 'nodeName'),
  os: named,
  nodeSelector: 'textMap',
  securityContext: fields({
    ...runAs,
    fsGroup: 'number',
    fsGroupChangePolicy: 'text',
    supplementalGroups: list('number'),
    sysctls: list(fields(each('text', 'name', 'value'))),
  }),
  volumes: list(volume),
  ...each(list(container), 'containers', 'initContainers', 'ephemeralContainers'),
});
