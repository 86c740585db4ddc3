import { type Severity, severities } from '@kso/domain';
import { type ImagesView, type ImageView, postureView, type ScanView, type TargetView } from '@kso/report';
import type { SuiteSnapshot } from '@kso/suite';
import { databaseView, imageViews, pendingViews } from '../images/images-view.ts';
import type { Target } from '../target/target.ts';

export function targetView(target: Target): TargetView {
  return { name: target.name, type: target.kind };
}

/** Everything that the suite knows, for the tables. */
export function viewOf(target: Target, snapshot: SuiteSnapshot): ScanView {
  return {
    target: targetView(target),
    ...(snapshot.posture === undefined ? {} : { posture: postureView(snapshot.posture) }),
    images: imagesViewOf(snapshot),
  };
}

function imagesViewOf({ images, pending, imageScans }: SuiteSnapshot): ImagesView {
  const database = databaseView(images);
  const reason = imageScans.state === 'ready' ? 'its turn has not come' : imageScans.reason;
  const rows: readonly ImageView[] = [...imageViews(images), ...pendingViews(pending, reason)];
  return { images: rows, ...(database === undefined ? {} : { database }) };
}

/** Severities of everything that was found: what `--fail-on` looks at. */
export function severitiesFound({ posture, images }: ScanView): Severity[] {
  const controls = (posture?.controls ?? []).filter((control) => control.failed > 0).map((control) => control.severity);
  const vulnerabilities = (images?.images ?? []).flatMap(({ outcome }) =>
    outcome.type === 'scanned' ? severities.filter((severity) => (outcome.findings[severity] ?? 0) > 0) : [],
  );
  return [...controls, ...vulnerabilities];
}
