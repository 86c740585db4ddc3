import { expect, it } from 'vitest';
import { controlsDocument } from './document.ts';

it('docs/controls.md lists the controls as they are', async () => {
  await expect(controlsDocument()).toMatchFileSnapshot('../../../../docs/controls.md');
});
