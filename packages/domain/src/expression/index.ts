export { compileExpression, type Expression, type ExpressionResult } from './expression.ts';
