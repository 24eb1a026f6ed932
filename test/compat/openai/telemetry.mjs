// node --import ./telemetry.mjs agent.mjs
import { register } from 'node:module';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url, { data: { include: ['openai'] } });

export { sdk } from './sdk.mjs';
