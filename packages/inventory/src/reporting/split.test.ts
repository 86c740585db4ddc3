import { describe, expect, it } from 'vitest';
import { toSettings } from '../config/settings.ts';
import { inventoryOf, namespaceInventory } from '../testing/builders.ts';
import { configOf } from '../testing/start.ts';
import { batchesOf } from './batching.ts';
import { routeNamespaces } from './routing.ts';

describe('batches (acceptance 11)', () => {
  const inventory = inventoryOf(['a', 'b', 'c', 'd', 'e']);
  const sizes = (namespaces: number, bytes: number) =>
    batchesOf(inventory, inventory.namespaces, { namespaces, bytes }).map((batch) => batch.namespaces.length);

  it('hold so many namespaces, or so many bytes', () => {
    expect(sizes(2, 0)).toEqual([2, 2, 1]);
    expect(sizes(0, 1)).toEqual([1, 1, 1, 1, 1]);
    expect(sizes(0, 1_000_000)).toEqual([5]);
    expect(sizes(0, 0)).toEqual([5]);
  });

  it('hold the nodes that their pods run on', () => {
    const [first] = batchesOf(inventory, inventory.namespaces, { namespaces: 2, bytes: 0 });
    expect(first?.nodes.map(({ name }) => name)).toEqual(['node-a', 'node-b']);
    expect(batchesOf(inventory, inventory.namespaces, { namespaces: 0, bytes: 0 })[0]?.nodes).toHaveLength(5);
  });

  it('without limits are one, also for no namespaces', () => {
    expect(batchesOf(inventory, [], { namespaces: 0, bytes: 0 })).toHaveLength(1);
    expect(batchesOf(inventory, [], { namespaces: 1, bytes: 0 })).toHaveLength(0);
  });
});

describe('account routes (acceptance 10)', () => {
  const routing = (flags: Readonly<Record<string, unknown>>) => toSettings(configOf(flags)).routing;
  const routed = (flags: Readonly<Record<string, unknown>>) => {
    const namespaces = [
      namespaceInventory('prod-a', { rawLabels: { owner: 'blue' } }),
      namespaceInventory('dev-b', { rawLabels: { owner: 'green' }, labels: {} }),
      namespaceInventory('other'),
    ];
    const { accounts, ...rest } = routeNamespaces(namespaces, routing(flags));
    return {
      accounts: Object.fromEntries([...accounts].map(([name, own]) => [name, own.map((one) => one.name)])),
      ...rest,
    };
  };

  it('a static route comes before the label, the label before the default account', () => {
    const flags = {
      'account-routes': { red: { user: '', password: '', namespaces: ['^prod-.*'] } },
      'account-route-by-namespace-label.key': 'owner',
      'anchore.account': 'fallback',
    };
    expect(routed(flags).accounts).toEqual({ red: ['prod-a'], green: ['dev-b'], fallback: ['other'] });
  });

  it('namespaces without the label may be left out', () => {
    const key = 'account-route-by-namespace-label.key';
    const flags = { [key]: 'owner', 'account-route-by-namespace-label.ignore-missing-label': true };
    expect(routed(flags)).toMatchObject({ accounts: { blue: ['prod-a'], green: ['dev-b'] }, skipped: ['other'] });
  });

  it('a namespace goes once to each account that claims it', () => {
    const flags = {
      'account-routes': {
        red: { user: '', password: '', namespaces: ['prod', 'prod-a'] },
        blue: { user: '', password: '', namespaces: ['a$'] },
      },
    };
    expect(routed(flags)).toMatchObject({ accounts: { red: ['prod-a'], blue: ['prod-a'] }, shared: ['prod-a'] });
  });

  it('a route without a password uses that of all', () => {
    const flags = {
      'account-routes': {
        red: { user: 'u', password: '', namespaces: [] },
        blue: { user: 'u', password: 'p', namespaces: [] },
      },
    };
    expect([...toSettings(configOf(flags)).routeCredentials.keys()]).toEqual(['blue']);
  });
});
