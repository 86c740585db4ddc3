import { component } from '../component.ts';
import { alias, type Group, type Json, noted, type Value, value } from '../model.ts';
import * as t from '../types.ts';

/** Schema, meaning, and what the former charts' files have: the first of these is the default here. */
type Entry = readonly [schema: Value['schema'], description: string, former: readonly [Json, ...Json[]]];

const settings: Readonly<Record<string, Entry>> = {
  'inventory.enabled': [t.flag, 'Run the inventory', [false]],
  'inventory.existingSecret': [t.secretName, 'Secret with the key KAI_ANCHORE_PASSWORD', ['']],
  'inventory.injectSecretsViaEnv': [
    t.flag,
    'The password comes into the environment in another way: no reference to a Secret',
    [false],
  ],
  'inventory.pollingIntervalSeconds': [t.integer(1), 'Pause between two inventories', [60]],
  'inventory.anchore.url': [t.url, 'Where inventories are sent; empty: to the cloud-endpoint of the release', ['']],
  'inventory.anchore.user': [t.text, 'User of the Anchore API', ['']],
  'inventory.anchore.password': [t.text, 'Password; better in existingSecret', ['']],
  'inventory.anchore.account': [t.text, 'Account', ['']],
  'inventory.anchore.http.insecure': [t.flag, 'Do not check the certificate', [false, true]],
  'inventory.anchore.http.timeoutSeconds': [t.integer(1), 'Time limit of a request', [10]],
  'inventory.kubeconfig.path': [t.text, 'use-in-cluster', ['use-in-cluster']],
  'inventory.kubeconfig.cluster': [t.text, 'Name of the cluster, which has to be unique', ['']],
  'inventory.mode': [t.oneOf('adhoc', 'periodic'), 'Once or again and again', ['periodic']],
  'inventory.kubernetes.requestTimeoutSeconds': [t.integer(1), 'Time limit of a request', [60]],
  'inventory.kubernetes.requestBatchSize': [t.integer(1), 'Objects in one answer', [100]],
  'inventory.kubernetes.workerPoolSize': [t.integer(1), 'Namespaces at once', [100]],
  'inventory.namespaceSelectors.include': [t.strings, 'Namespaces', [[]]],
  'inventory.namespaceSelectors.exclude': [t.strings, 'Namespaces', [[]]],
  'inventory.namespaceSelectors.ignore-empty': [t.flag, 'Leave namespaces without pods out', [false]],
  'inventory.missingTagPolicy.policy': [t.oneOf('digest', 'insert', 'drop'), 'Images without a tag', ['digest']],
  'inventory.missingTagPolicy.tag': [t.text, 'Tag to insert', ['UNKNOWN']],
  'inventory.missingRegistryOverride': [t.text, 'Registry of images without one', ['']],
  'inventory.ignoreNotRunning': [t.flag, 'Only pods that run', [true]],
  'inventory.quiet': [t.flag, 'Log nothing', [false]],
  'inventory.output': [t.text, 'Form of the output', ['json']],
  'inventory.verboseInventoryReports': [t.flag, 'Log what is sent', [false]],
  'inventory.log.level': [t.text, 'How much is logged', ['info', '']],
  'inventory.log.structured': [t.flag, 'Lines of JSON', [false, true]],
  'inventory.log.file': [t.text, 'File of the log', ['']],
  'inventory.accountRoutes': [t.object, 'Account of namespaces', [{}]],
  'inventory.accountRouteByNamespaceLabel.key': [t.text, 'Label with the account', ['']],
  'inventory.accountRouteByNamespaceLabel.defaultAccount': [t.text, 'Account without the label', ['admin']],
  'inventory.accountRouteByNamespaceLabel.ignoreNamespaceMissingLabel': [
    t.flag,
    'Leave namespaces without the label out',
    [false],
  ],
  'inventory.metadataCollection': [t.object, 'Annotations and labels that are collected', [{}]],
  'inventory.inventoryReportLimits.namespaces': [t.integer(0), 'Namespaces in one report', [0]],
  'inventory.inventoryReportLimits.payloadThresholdBytes': [t.integer(0), 'Bytes of one report', [0]],
  'inventory.anchoreRegistration.RegistrationId': [t.text, 'Id of the registration', ['']],
  'inventory.anchoreRegistration.IntegrationName': [t.text, 'Name of the registration', ['']],
  'inventory.anchoreRegistration.IntegrationDescription': [t.text, 'Description of the registration', ['']],
  'inventory.healthReportIntervalSeconds': [t.integer(1), 'Pause between two reports of health', [60]],
};

/** Where the former chart has the same keys: below `kai`, apart from these. */
const kaiNames: Readonly<Record<string, string>> = {
  inject_secrets_via_env: 'inventory.injectSecretsViaEnv',
  injectSecretsViaEnv: 'inventory.injectSecretsViaEnv',
  'kai.existing_secret': 'inventory.existingSecret',
  existingSecretName: 'inventory.existingSecret',
};

function kaiAliases(): Value[] {
  const own = Object.entries(settings).map(([key, [schema, description, former]]) =>
    alias(key.replace('inventory.', 'kai.'), schema, key, { description, former: [...former, null] }),
  );
  const renamed = Object.entries(kaiNames).map(([key, to]) => {
    const [schema, description] = settings[to] ?? [t.text, '', ['']];
    return alias(key, schema, to, { description, former: [null, ''] });
  });
  return [
    ...own,
    ...renamed,
    noted('useExistingSecret', t.looseFlag, 'existingSecretName alone decides', [false, true]),
  ];
}

/** Also the first form of the successor's chart. */
const successorAliases = Object.entries(settings).map(([key, [schema, description, former]]) =>
  alias(key.replace('inventory.', 'k8sInventory.'), schema, key, { description, former: [...former, null] }),
);

export const inventory: Group = {
  title: 'inventory: images that run, for Anchore',
  values: [
    ...Object.entries(settings).map(([key, [schema, description, [initial]]]) =>
      value(key, schema, initial, description),
    ),
    ...component('inventory', {
      name: 'inventory',
      title: 'inventory',
      sizes: { cpu: ['10m', '500m'], memory: ['128Mi', '512Mi'] },
    }),
    ...kaiAliases(),
    ...successorAliases,
  ],
};
