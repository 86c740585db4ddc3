import { isRecord, type UnknownRecord } from '@kso/domain';
import { parseDocument } from '@kso/domain/yaml';
import { stringAt } from '../../objects/json.ts';

/** Beyond this no configuration file of a node lies. */
const maxLength = 1024 * 1024;

/**
 * What stands in a configuration file that a sensor reports (`content`: base64 of YAML or JSON, read as Kubernetes reads its own
 * configuration). Undefined if it was not reported or cannot be understood.
 */
export function configurationOf(file: UnknownRecord): UnknownRecord | undefined {
  const content = stringAt(file, 'content') ?? '';
  if (content === '' || content.length > maxLength) return undefined;
  const parsed = parseDocument(Buffer.from(content, 'base64').toString('utf8'));
  const [value] = parsed.outcome === 'parsed' ? parsed.values : [];
  return isRecord(value) ? value : undefined;
}
