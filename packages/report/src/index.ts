export { type PostureReportPart, postureView } from './posture-view.ts';
export * from './table.ts';
export { type Cell, type Column, renderGrid } from './text/grid.ts';
export { plainText } from './text/plain-text.ts';
export { type Terminal, terminalOf } from './text/terminal.ts';
export * from './view.ts';
