export {
  booleanAt,
  has,
  listAt,
  noFields,
  numberAt,
  recordAt,
  recordsAt,
  stringAt,
  stringMapAt,
  stringsAt,
} from '@kso/domain';
