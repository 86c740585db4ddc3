export { cleanedScheduleName as cleaned, scheduleName } from '@kso/domain';
