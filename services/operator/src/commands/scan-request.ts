import { PostureScanRequest } from '@kso/wire';
import { fail } from '../errors.ts';
import { fieldsOf, isRecord, type UnknownRecord } from '@kso/domain';

const names = Object.keys(PostureScanRequest.shape);

/**
 * `args.scanV1` as the scanner gets it (operator-gateway.md 4.1.1): unknown keys are dropped, and with them account and access key.
 * @throws REQUEST_NOT_FOUND, REQUEST_INVALID
 */
export function readScanRequest(args: UnknownRecord, triggerSecurityFramework: boolean): PostureScanRequest {
  const scan = args['scanV1'];
  if (scan === undefined || scan === null) throw fail('REQUEST_NOT_FOUND');
  if (!isRecord(scan)) throw fail('REQUEST_INVALID', { problem: 'not an object' });
  const parsed = PostureScanRequest.safeParse(withScanObject(fieldsOf(scan, names)));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw fail('REQUEST_INVALID', { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
  }
  return normalized(parsed.data, triggerSecurityFramework);
}

function withScanObject(request: UnknownRecord): UnknownRecord {
  const object = request['scanObject'];
  if (!isRecord(object)) return request;
  const fields = fieldsOf(object, ['apiVersion', 'kind', 'metadata']);
  const metadata = isRecord(fields.metadata) ? fieldsOf(fields.metadata, ['name', 'namespace']) : fields.metadata;
  return { ...request, scanObject: { ...fields, metadata } };
}

/** No names: all frameworks. An empty name means all. The framework `security` is added where that is configured. */
function normalized(request: PostureScanRequest, triggerSecurityFramework: boolean): PostureScanRequest {
  const named = (request.targetNames ?? []).map((name) => (name === '' ? 'all' : name));
  const targetNames = named.length === 0 ? ['all'] : named;
  const targetType = named.length === 0 ? 'Framework' : request.targetType;
  if (triggerSecurityFramework && targetType === 'Framework' && !targetNames.includes('security'))
    targetNames.push('security');
  return { ...request, targetNames, ...(targetType === undefined ? {} : { targetType }) };
}
