// What an ES module gets of this SDK's `@opentelemetry/api`: another file than require() does, and in no list of Node's.
export { trace } from '@opentelemetry/api';
