const providers = new Map([
  ['aws', 'eks'],
  ['gce', 'gke'],
  ['azure', 'aks'],
  ['digitalocean', 'digitalocean'],
  ['openstack', 'openstack'],
  ['vsphere', 'vsphere'],
  ['oci', 'oracle'],
  ['ibm', 'ibm'],
  ['linode', 'linode'],
]);

/** Who runs the cluster, from `spec.providerID` of a node (kollector.md 4.2); empty when it does not tell. */
export function clusterProviderOf(providerId: string | undefined): string {
  if (providerId === undefined) return '';
  if (/^ocid/i.test(providerId)) return 'oracle';
  const scheme = /^([a-z]+):\/\//.exec(providerId)?.[1] ?? '';
  return providers.get(scheme) ?? '';
}
