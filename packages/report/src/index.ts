export * from './posture-v2.ts';
export { reportResult } from './posture-v2-result.ts';
export { type PostureReportPart, postureView } from './posture-view.ts';
export { scrubObject } from './scrub-object.ts';
export * from './table.ts';
export { type Cell, type Column, renderGrid } from './text/grid.ts';
export { plainText } from './text/plain-text.ts';
export { type Terminal, terminalOf } from './text/terminal.ts';
export * from './view.ts';
