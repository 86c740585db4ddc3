// A scanner as a process of its own, whose parent hears by messages what has happened: folder and kubeconfig are its arguments.
import type { ScannerEvent } from '@kso/kubescape-scanner';
import { makeScanner } from './scanner.ts';

export type ChildMessage =
  | { readonly type: 'state'; readonly phase: string; readonly objects: number; readonly url: string | undefined }
  | { readonly type: 'change'; readonly changed: number }
  | { readonly type: 'scan'; readonly ok: boolean };

const [folder = '', kubeconfig = ''] = process.argv.slice(2);
const { scanner, stop } = makeScanner(folder, kubeconfig);
const tell = (message: ChildMessage): void => void process.send?.(message);

scanner.onResult((event: ScannerEvent) => {
  if (event.type === 'state')
    tell({ type: 'state', phase: event.state.phase, objects: event.state.objects, url: scanner.url });
  else if (event.type === 'change') tell({ type: 'change', changed: event.changed.length });
  else tell({ type: 'scan', ok: event.ok });
});
process.once('disconnect', () => void stop());
await scanner.start();
