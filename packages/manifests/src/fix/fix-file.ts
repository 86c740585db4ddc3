import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type FieldFix, type FixedText, fixText } from './fix-text.ts';

export type FixedFile<F extends FieldFix> =
  | (FixedText<F> & { readonly outcome: 'fixed'; readonly before: string })
  /** For people. */
  | { readonly outcome: 'refused'; readonly reason: string };

const mark = '\ufeff';

/** What a file looks like with fields set. Nothing is written. */
export async function planFileFix<F extends FieldFix>(file: string, fixes: readonly F[]): Promise<FixedFile<F>> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return { outcome: 'refused', reason: 'it cannot be read' };
  let before: string;
  try {
    before = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { outcome: 'refused', reason: 'it is not UTF-8 text' };
  }
  const lead = before.startsWith(mark) ? mark : '';
  const fixed = await fixText(before.slice(lead.length), fixes);
  return { ...fixed, outcome: 'fixed', before, text: lead + fixed.text };
}

export type Written = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Puts a text in the place of a file, all at once, if the file still is what it was. Links stay links; permissions stay. */
export async function replaceFile(file: string, before: string, text: string): Promise<Written> {
  let temporary: string | undefined;
  try {
    const target = await realpath(file);
    const { mode } = await stat(target);
    temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.kso`);
    const handle = await open(temporary, 'wx', mode & 0o777);
    try {
      await handle.chmod(mode & 0o777);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await rawText(target)) !== before) {
      await rm(temporary, { force: true });
      return { ok: false, reason: 'it has been changed meanwhile' };
    }
    await rename(temporary, target);
    return { ok: true };
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function rawText(file: string): Promise<string> {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readFile(file));
}
