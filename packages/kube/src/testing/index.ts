export { createEventLog, type EventLog } from './event-log.ts';
export { type FakeApiServer, type SeenRequest, startFakeApiServer } from './fake-api-server.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
